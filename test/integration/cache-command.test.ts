// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { expectDone, stepsOf } from '../support/build-events.ts';
import { describeForEveryone, useBuildPlace } from '../support/build-place.ts';
import type { BuildPlace, CreateOptions } from '../support/build-place.ts';
import { layerOf, storeOf } from '../support/stored-layers.ts';

const bash = (text: string): string => `#!/bin/bash\nset -eu -o pipefail\n${text}\n`;

const fruit = {
  'element-deps': 'tiny-os\n',
  'static/etc/fruit': 'ripe\n',
  'lib/peel': 'peel\n',
  'extra-data.d/50-basket': bash('echo basket >"$TMP_MOUNT_PATH/etc/basket"'),
  'install.d/50-plant': bash('echo planted >/etc/plant\nmkdir /etc/beds\ntouch /etc/beds/{1,2,3,4,5,6,7}'),
  'install.d/60-name': bash('echo "$IMAGE_NAME" >/etc/name'),
};

const build = async (place: BuildPlace, options?: CreateOptions, name = 'x'): Promise<readonly string[]> =>
  stepsOf(expectDone(await place.create(['-t', 'tar', '-o', name, 'fruit'], options)));

type Said = { readonly status: number | null; readonly lines: readonly string[] };

/** Ids and times are `{id}` and `{time}`. */
function cache(place: BuildPlace, ...words: readonly string[]): Said {
  const { person, path, directory } = place;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [place.program('diskimage-builder'), 'cache', ...words],
    {
      encoding: 'utf8',
      env: { PATH: path, HOME: join(directory, 'home'), DIB_IMAGE_CACHE: place.cache },
      ...(process.getuid?.() === 0 ? { uid: person.uid, gid: person.gid } : {}),
    },
  );
  const text = `${stdout}${stderr}`
    .replaceAll(/\([\w.]{11}\)|\b[0-9a-z]{8}-[0-9a-f]{8}\b/g, '{id}')
    .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d\.\d+)?/g, '{time}');
  return { status, lines: text.trimEnd().split('\n') };
}

describeForEveryone('cache verify', (place) => {
  test('finds that all is as it was made, and records bytes once', async () => {
    place().element('fruit', fruit);
    await build(place());
    const [first, second] = [cache(place(), 'verify'), cache(place(), 'verify')];
    const known = '; the bytes of 7 were not known before and are recorded now';
    expect(first).toEqual({ status: 0, lines: [`8 layers and outputs, 0 damaged${known}`] });
    expect(second).toEqual({ status: 0, lines: ['8 layers and outputs, 0 damaged'] });
  });

  const plant = (): string => layerOf(place(), 'install.d/50-plant');

  const damages: Readonly<Record<string, readonly [() => void, readonly string[]]>> = {
    'another mode': [() => chmodSync(join(plant(), 't/etc/plant'), 0o600), ['/etc/plant: mode']],
    'another size': [() => writeFileSync(join(plant(), 't/etc/plant'), ''), ['/etc/plant: size, time']],
    'many files less': [
      () => rmSync(join(plant(), 't/etc/beds'), { recursive: true }),
      [
        '/etc: time',
        '/etc/beds: is gone',
        '/etc/beds/1: is gone',
        '/etc/beds/2: is gone',
        '/etc/beds/3: is gone',
        'and 4 more',
      ],
    ],
    'another byte, with all else as it was': [
      () => {
        const file = join(plant(), 't/etc/plant');
        const { atimeNs, mtimeNs } = statSync(file, { bigint: true });
        const [before, seconds] = [
          readFileSync(file, 'utf8'),
          (ns: bigint): string => `@${ns / 1_000_000_000n}.${String(ns % 1_000_000_000n).padStart(9, '0')}`,
        ];
        writeFileSync(file, before.replace('p', 'q'));
        spawnSync('touch', ['-a', '-d', seconds(atimeNs), file]);
        spawnSync('touch', ['-m', '-d', seconds(mtimeNs), file]);
      },
      ['/etc/plant: content or attributes'],
    ],
    'an entry cut short': [
      () => writeFileSync(join(plant(), 'entry.json'), '{"key"'),
      ['entry.json cannot be read'],
    ],
    'no files at all': [() => renameSync(join(plant(), 't'), join(plant(), 'gone')), ['its files are gone']],
  };

  test.each(Object.keys(damages))('names and removes what is damaged: %s', async (what) => {
    const [damage, words] = damages[what] ?? [() => undefined, []];
    place().element('fruit', fruit);
    await build(place());
    cache(place(), 'verify');
    damage();
    const title = what.startsWith('an entry') ? 'unreadable' : 'install.d/50-plant';
    const found = cache(place(), 'verify');
    const about = [`${title} {id} is damaged:`, ...words.map((line) => `  ${line}`)];
    expect(found.status).toBe(1);
    expect(found.lines.slice(0, about.length)).toEqual(about);
    const removed = cache(place(), 'verify', '--remove');
    expect([removed.status, removed.lines.at(-2)]).toEqual([
      1,
      expect.stringMatching(/^removed 4 layers, 1 output, /),
    ]);
    expect(cache(place(), 'verify')).toEqual({ status: 0, lines: ['3 layers and outputs, 0 damaged'] });
    expect(await build(place())).toEqual([
      'reused root.d/10-tree',
      'ran extra-data.d/50-basket',
      'ran install.d/50-plant',
      'ran install.d/60-name',
    ]);
  });
});

describe('cache verify', () => {
  const place = useBuildPlace('root');

  test('finds keys that lead to the layer of another, and outputs that differ', async () => {
    place().element('fruit', fruit);
    await build(place());
    const store = storeOf(place());
    symlinkSync('../layers/nothing', join(store, 'keys', 'f'.repeat(64)));
    const [artifact = ''] = spawnSync('ls', [join(store, 'artifacts')], { encoding: 'utf8' }).stdout.split(
      '\n',
    );
    writeFileSync(join(store, 'artifacts', artifact, 'file'), 'other');
    const { status, lines } = cache(place(), 'verify');
    expect(status).toBe(1);
    expect(lines.slice(0, -1)).toEqual([
      `x.tar (${artifact.slice(0, 16)}) is damaged:`,
      '  its content differs',
      `key ffffffffffffffff (${'f'.repeat(64)}) is damaged:`,
      '  leads to no layer of its own',
    ]);
    cache(place(), 'verify', '--remove');
    expect(cache(place(), 'verify')).toEqual({ status: 0, lines: ['7 layers and outputs, 0 damaged'] });
  });
});

describe('cache explain', () => {
  const place = useBuildPlace('root');
  const head = (name = 'x', failed = ''): readonly string[] => [
    '{id}  {time}  x',
    `{id}  {time}  ${name}${failed}`,
    '',
  ];

  test('says what made the first key differ', async () => {
    place().element('fruit', fruit);
    expect(cache(place(), 'explain')).toEqual({ status: 2, lines: ['no build is remembered'] });
    await build(place());
    expect(cache(place(), 'explain').lines).toEqual([
      'only one build of x is remembered: name two, see --list',
    ]);
    await build(place());
    expect(cache(place(), 'explain')).toEqual({ status: 0, lines: [...head(), '9 keys, all the same.'] });

    const differing = async (change: () => void, options?: CreateOptions): Promise<readonly string[]> => {
      await build(place());
      change();
      await build(place(), options);
      const { lines } = cache(place(), 'explain');
      expect(lines.slice(0, 3)).toEqual(head());
      place().element('fruit', fruit);
      return lines.slice(3);
    };

    const file = (path: string): string => join(place().directory, 'elements/fruit', path);
    expect(await differing(() => chmodSync(file('install.d/60-name'), 0o700))).toEqual([
      'The first key that differs is that of install.d/60-name:',
      '  mode of install.d/60-name: 0755 → 0700',
      '3 later keys differ by that.',
    ]);
    expect(
      await differing(() => undefined, { environment: { DIB_X: 'b', DIB_PASSWORD: 'hunter22' } }),
    ).toEqual([
      'The first key that differs is that of root.d/10-tree:',
      '  variable DIB_PASSWORD: not set → a value that is not shown',
      "  variable DIB_X: not set → 'b'",
      '7 later keys differ by that.',
    ]);
    expect(
      await differing(() => {
        place().element('fruit', { 'static/etc/fruit': 'rotten\n', 'static/etc/seed': 'seed\n' });
        chmodSync(file('lib/peel'), 0o600);
      }),
    ).toEqual([
      'The first key that differs is that of root.d/10-tree:',
      '  mode of lib/peel: 0644 → 0600',
      '  file static/etc/fruit: content',
      '  file static/etc/seed: is new',
      '7 later keys differ by that.',
    ]);
    rmSync(file('static/etc/seed'));
    expect(
      await differing(() =>
        place().element('fruit', { 'extra-data.d/50-basket': bash('echo b >"$TMP_MOUNT_PATH/etc/basket"') }),
      ),
    ).toEqual([
      'The first key that differs is that of extra-data.d:',
      '  what it leaves in the tree',
      '5 later keys differ by that.',
    ]);
    const stored = readFileSync(join(storeOf(place()), 'builds', lastRecord(place())), 'utf8');
    expect(stored).not.toContain('hunter22');
  });

  test('says why a step ran whose key is the same', async () => {
    place().element('fruit', fruit);
    await build(place());
    rmSync(layerOf(place(), 'install.d/50-plant'), { recursive: true });
    await build(place());
    expect(cache(place(), 'explain').lines).toEqual([
      ...head(),
      'The first key that differs is that of output x.tar:',
      '  the layers of the tree',
      'No later key differs.',
      'These ran although their keys are the same:',
      '  install.d/50-plant: its layer was damaged',
      '  install.d/60-name: a layer below it was made anew',
    ]);
    expectDone(await place().create(['--no-cache', '-t', 'tar', '-o', 'x', 'fruit']));
    const { lines } = cache(place(), 'explain');
    expect(lines).toContain('  install.d/50-plant: the build was told not to use layers (--no-cache)');
  });

  test('knows failed builds, and compares any two', async () => {
    place().element('fruit', fruit);
    await build(place());
    await build(place(), {}, 'y');
    place().element('fruit', { 'install.d/60-name': bash('echo "$IMAGE_NAME" >/etc/name\nexit 3') });
    expect((await place().create(['-t', 'tar', '-o', 'x', 'fruit'])).status).toBe(1);
    expect(cache(place(), 'explain').lines).toEqual([
      ...head('x', '  (failed)'),
      'The first key that differs is that of install.d/60-name:',
      '  file install.d/60-name: content',
      'No later key differs.',
    ]);
    expect(cache(place(), 'explain', '--list')).toEqual({
      status: 0,
      lines: ['{id}  {time}  x', '{id}  {time}  y', '{id}  {time}  x  (failed)'],
    });
    const ids = recordIds(place());
    expect(cache(place(), 'explain', ...ids.slice(0, 2)).lines).toEqual([
      ...head('y'),
      'The first key that differs is that of install.d/60-name:',
      "  variable IMAGE_NAME: 'x' → 'y'",
      '3 later keys differ by that.',
    ]);
    expect(cache(place(), 'explain', 'nothing')).toEqual({
      status: 2,
      lines: ['no build is called nothing: see --list'],
    });
    expect(cache(place(), 'explain', 'm').status).toBe(2);
  });
});

const recordIds = (place: BuildPlace): readonly string[] =>
  spawnSync('ls', [join(storeOf(place), 'builds')], { encoding: 'utf8' })
    .stdout.split('\n')
    .flatMap((name) => /^(.*)\.json$/.exec(name)?.[1] ?? [])
    .sort();

const lastRecord = (place: BuildPlace): string => `${recordIds(place).at(-1) ?? ''}.json`;

describe('cache ls and prune', () => {
  const place = useBuildPlace('root');

  test('show what there is, and remove what is old', async () => {
    place().element('fruit', fruit);
    await build(place());
    const { lines } = cache(place(), 'ls');
    expect(lines.at(-1)).toMatch(/^7 layers, [\d.]+ MiB; 1 output, [\d.]+ MiB$/);
    expect(lines.filter((line) => / 1 {2}install\.d\/50-plant$/.test(line))).toHaveLength(1);
    const rows = JSON.parse(cache(place(), 'ls', '--json').lines.join('\n')) as readonly object[];
    expect(rows).toHaveLength(8);
    expect(cache(place(), 'prune', '--older-than', '1').lines).toEqual(['removed 0 layers, 0 B']);
    expect(cache(place(), 'prune', '--older-than', 'x')).toEqual({
      status: 2,
      lines: ['--older-than: "x" is no number of days'],
    });
    expect(cache(place(), 'prune', '--older-than', '0').lines).toEqual([
      expect.stringMatching(/^removed 7 layers, 1 output, [\d.]+ MiB$/),
    ]);
    expect(cache(place(), 'ls').lines).toEqual(['0 layers, 0 B; 0 outputs, 0 B']);
  });
});
