// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

import { describe, expect, test } from 'vitest';

/** Whom each room of lib/ may import besides itself. */
const rooms: Readonly<Record<string, readonly string[]>> = {
  cli: [
    'definitions',
    'elements',
    'plan',
    'report',
    'host',
    'store',
    'disk',
    'formats',
    'boot',
    'inspect',
    'lint',
    'ramdisk',
    'model',
  ],
  definitions: ['model', 'yaml'],
  elements: ['model', 'yaml'],
  disk: ['model', 'yaml'],
  formats: ['model', 'yaml'],
  ramdisk: ['model'],
  plan: ['model', 'elements', 'disk', 'formats', 'ramdisk'],
  lint: ['model', 'elements', 'yaml'],
  worker: ['model', 'store', 'host', 'disk', 'formats', 'ramdisk'],
  store: ['model', 'host'],
  report: ['model'],
  boot: ['model', 'host'],
  inspect: ['model', 'host'],
  host: ['model'],
  yaml: ['model'],
  model: [],
};

/** The only rooms that may import each third-party package. */
const packages: Readonly<Record<string, readonly string[]>> = {
  commander: ['cli'],
  dotenv: ['cli'],
  'fast-glob': ['elements'],
  execa: ['host'],
  chalk: ['report'],
  yaml: ['yaml'],
};

/** Rooms that decide what is built: they start nothing, and find out nothing about this machine. */
const pureRooms = [
  'model',
  'yaml',
  'definitions',
  'elements',
  'disk',
  'formats',
  'ramdisk',
  'plan',
  'report',
  'lint',
];
const effects = [
  'node:child_process',
  'node:net',
  'node:http',
  'node:https',
  'node:worker_threads',
  'node:os',
];

/** The worker is a program of its own. */
const ownEntries = ['lib/worker/main.ts', 'lib/worker/collect.ts', 'lib/worker/unpack.ts'];

const root = join(import.meta.dirname, '../..');
const sources = filesBelow(join(root, 'lib')).filter((path) => path.endsWith('.ts'));

describe.each(sources.map((path) => ({ file: relative(root, path), path })))('$file', ({ file, path }) => {
  test('keeps the rules of lib/README.md', () => {
    const text = readFileSync(path, 'utf8');
    expect([
      ...brokenImports(file, importsOf(text)),
      ...brokenProcessRule(file, withoutComments(text)),
      ...brokenForm(file, text),
    ]).toEqual([]);
  });
});

test('every room has its rule', () => {
  const withoutRule = sources.map(roomOf).filter((room) => !Object.hasOwn(rooms, room));
  expect([...new Set(withoutRule)]).toEqual([]);
  expect(sources.length).toBeGreaterThan(100);
});

test('no file imports itself, by whatever way', () => {
  expect(circlesIn(arrowsOf(sources))).toEqual([]);
});

describe('the rules notice', () => {
  test.each([
    [
      'lib/plan/x.ts',
      '../worker/grow-tree.ts',
      'plan may import model, elements, disk, formats, ramdisk, not worker (../worker/grow-tree.ts)',
    ],
    ['lib/model/x.ts', '../host/host.ts', 'model may import nothing, not host (../host/host.ts)'],
    ['lib/plan/x.ts', 'yaml', 'only yaml imports the package yaml'],
    ['lib/cli/x.ts', 'left-pad', 'left-pad is no package that lib/ may import'],
    [
      'lib/elements/x.ts',
      'node:child_process',
      'elements starts nothing and asks nothing of the machine: no node:child_process',
    ],
    ['lib/disk/nodes/x.ts', '../plan-layout.js', 'imports say .ts: ../plan-layout.js'],
  ])('%s importing %s', (file, specifier, sentence) => {
    expect(brokenImports(file, [specifier])).toEqual([`${file}: ${sentence}`]);
  });

  test('circles', () => {
    const arrows = { a: ['b'], b: ['c', 'd'], c: [], d: ['a'], e: ['e'] };
    expect(circlesIn(new Map(Object.entries(arrows)))).toEqual(['a, b, d', 'e']);
  });

  test('what is fine', () => {
    const fine = ['./near.ts', '../model/brands.ts', '../elements/merge-hooks.ts', 'node:path'];
    expect(brokenImports('lib/plan/x.ts', fine)).toEqual([]);
  });

  test('the process', () => {
    const sentence = (name: string): string => `only cli and the worker's own entry touch process.${name}`;
    expect(brokenProcessRule('lib/plan/x.ts', 'process.env.X; process.exit(1)')).toEqual([
      `lib/plan/x.ts: ${sentence('env')}`,
      `lib/plan/x.ts: ${sentence('exit')}`,
    ]);
    expect(brokenProcessRule('lib/cli/x.ts', 'process.argv')).toEqual([]);
    expect(brokenProcessRule('lib/worker/main.ts', 'process.stdout')).toEqual([]);
  });

  test('form', () => {
    expect(brokenForm('lib/plan/x.ts', 'export default 1;\nexport enum X {}\n')).toEqual([
      'lib/plan/x.ts: the first line is // SPDX-License-Identifier: Apache-2.0',
      'lib/plan/x.ts: nothing is exported as default',
      'lib/plan/x.ts: there are no enums',
    ]);
  });
});

function brokenImports(file: string, specifiers: readonly string[]): readonly string[] {
  return specifiers.flatMap((specifier) => {
    const sentence = specifier.startsWith('.')
      ? brokenRoomRule(file, specifier)
      : specifier.startsWith('node:')
        ? brokenPurity(file, specifier)
        : brokenPackageRule(file, specifier);
    return sentence === null ? [] : [`${file}: ${sentence}`];
  });
}

function brokenRoomRule(file: string, specifier: string): string | null {
  if (!specifier.endsWith('.ts')) return `imports say .ts: ${specifier}`;
  const room = roomOf(join(root, file));
  const imported = roomOf(join(root, dirname(file), specifier));
  const allowed = rooms[room] ?? [];
  if (imported === room || allowed.includes(imported)) return null;
  return `${room} may import ${allowed.join(', ') || 'nothing'}, not ${imported} (${specifier})`;
}

function brokenPurity(file: string, specifier: string): string | null {
  const room = roomOf(join(root, file));
  if (!pureRooms.includes(room) || !effects.includes(specifier)) return null;
  return `${room} starts nothing and asks nothing of the machine: no ${specifier}`;
}

function brokenPackageRule(file: string, specifier: string): string | null {
  const owners = packages[specifier];
  if (owners === undefined) return `${specifier} is no package that lib/ may import`;
  return owners.includes(roomOf(join(root, file)))
    ? null
    : `only ${owners.join(' and ')} imports the package ${specifier}`;
}

function brokenProcessRule(file: string, text: string): readonly string[] {
  if (file.startsWith('lib/cli/') || ownEntries.includes(file)) return [];
  const used = [...text.matchAll(/\bprocess\.(argv|env|exit|exitCode|stdout|stderr|stdin)\b/g)];
  return used.map(([, name]) => `${file}: only cli and the worker's own entry touch process.${name ?? ''}`);
}

function brokenForm(file: string, text: string): readonly string[] {
  const spdx = '// SPDX-License-Identifier: Apache-2.0';
  const rules = [
    { holds: text.startsWith(`${spdx}\n`), sentence: `the first line is ${spdx}` },
    { holds: !/^export default\b/m.test(text), sentence: 'nothing is exported as default' },
    { holds: !/^(export )?(const )?enum\b/m.test(text), sentence: 'there are no enums' },
  ];
  return rules.filter(({ holds }) => !holds).map(({ sentence }) => `${file}: ${sentence}`);
}

/** File → files it imports, types included. */
type Arrows = ReadonlyMap<string, readonly string[]>;

const arrowsOf = (files: readonly string[]): Arrows =>
  new Map(
    files.map((path) => {
      const near = importsOf(readFileSync(path, 'utf8')).filter((specifier) => specifier.startsWith('.'));
      return [relative(root, path), near.map((specifier) => relative(root, join(dirname(path), specifier)))];
    }),
  );

/** The files that can be come back to, those of one circle together. */
function circlesIn(arrows: Arrows): readonly string[] {
  const reached = new Map([...arrows.keys()].map((file) => [file, reachedFrom(arrows, file)]));
  const circles = [...arrows.keys()].flatMap((file) => {
    const circle = [...arrows.keys()].filter(
      (other) => reached.get(file)?.has(other) && reached.get(other)?.has(file),
    );
    return circle.length === 0 ? [] : [circle.join(', ')];
  });
  return [...new Set(circles)];
}

function reachedFrom(arrows: Arrows, file: string): ReadonlySet<string> {
  const reached = new Set<string>();
  const rest = [...(arrows.get(file) ?? [])];
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    if (reached.has(next)) continue;
    reached.add(next);
    rest.push(...(arrows.get(next) ?? []));
  }
  return reached;
}

const importsOf = (text: string): readonly string[] =>
  [
    ...text.matchAll(/^(?:import|export)\b[^;]*?\bfrom '([^']+)'|^import '([^']+)'|\bimport\('([^']+)'\)/gm),
  ].map(([, named, bare, dynamic]) => named ?? bare ?? dynamic ?? '');

const withoutComments = (text: string): string => text.replace(/\/\*[^]*?\*\/|^\s*\/\/.*$/gm, '');

const roomOf = (path: string): string => relative(join(root, 'lib'), path).split('/')[0] ?? '';

function filesBelow(directory: string): readonly string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}
