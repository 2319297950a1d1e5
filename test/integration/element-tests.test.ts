// SPDX-License-Identifier: Apache-2.0
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { realHost } from '../../lib/host/real-host.ts';
import type { OwnTest } from '../support/element-builds.ts';
import { buildTogether, ownTests, searchPath } from '../support/element-builds.ts';
import { useImageDirectory } from '../support/image-directory.ts';
import { requires } from '../support/requires.ts';
import { packageRoot } from '../support/run-command.ts';

const directory = useImageDirectory();
const all = await ownTests();

const mayShare = ({ test: each, operatingSystem }: OwnTest): boolean =>
  each.kind === 'build' &&
  operatingSystem === 'debian-minimal' &&
  !each.isAlone &&
  each.outputTypes.join() === 'tar';

test('tests of elements have names of their own', () => {
  const names = all.flatMap(({ test: each }) => (each.kind === 'build' ? [each.name] : []));
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  expect(names.length).toBeGreaterThan(15);
});

describe('on a tree of a few programs', () => {
  requires({ namespaces: true });

  test.each(titled(all.filter(({ operatingSystem }) => operatingSystem === null)))('%s', async (_, own) => {
    if (own.test.kind === 'script') await runScript(own.test.path);
    else await buildAlone(own, ['tiny-os']);
  });
});

describe('on Debian, in one build', () => {
  const isReady = requires({ namespaces: true, network: true, programs: ['mmdebstrap'] });
  const shared = all.filter(mayShare);
  let complaints: ReadonlyMap<string, string>;
  beforeAll(async () => {
    if (isReady) complaints = await buildShared(shared);
  });

  test.each(titled(shared))('%s', (title) => {
    expect(complaints.get(title) ?? '').toBe('');
  });
});

describe('on an operating system, alone', () => {
  requires({ namespaces: true, network: true, programs: ['mmdebstrap'] });

  test.each(titled(all.filter((own) => own.operatingSystem !== null && !mayShare(own))))('%s', (_, own) =>
    buildAlone(own, []),
  );
});

const titled = (tests: readonly OwnTest[]): readonly (readonly [string, OwnTest])[] =>
  tests.map((own) => [own.title, own]);

async function buildAlone({ test: each, element }: OwnTest, more: readonly string[]): Promise<void> {
  if (each.kind !== 'build') throw new Error('a script is not built');
  const ending = await buildTogether(directory(), [each.name, element, ...more], each.outputTypes);
  expect(ending?.words ?? '').toBe('');
}

/** Who fails is told of and left out, and the others are built again, for they may be sound. */
async function buildShared(tests: readonly OwnTest[]): Promise<ReadonlyMap<string, string>> {
  const complaints = new Map<string, string>();
  let remaining = tests;
  while (remaining.length > 0) {
    const ending = await buildTogether(directory(), namesOf(remaining));
    if (ending === null) return complaints;
    const culprits = remaining.filter((own) => concerns(own, ending.element));
    const concerned = culprits.length === 0 ? remaining : culprits;
    for (const { title } of concerned) complaints.set(title, ending.words);
    remaining = remaining.filter((own) => !concerned.includes(own));
  }
  return complaints;
}

const namesOf = (tests: readonly OwnTest[]): readonly string[] => [
  ...new Set(
    tests.flatMap(({ test: each, element }) => (each.kind === 'build' ? [each.name, element] : [element])),
  ),
];

const concerns = ({ test: each, element }: OwnTest, name: string | null): boolean =>
  element === name || (each.kind === 'build' && each.name === name);

/** As `diskimage-builder element test` runs it. */
async function runScript(path: string): Promise<void> {
  const programs = [join(packageRoot, 'bin'), dirname(process.execPath), process.env['PATH'] ?? ''];
  const { exitStatus, lastLines } = await realHost.run({
    argv: [path],
    cwd: directory(),
    environment: { PATH: programs.join(':'), ELEMENTS_PATH: searchPath().join(':') },
  });
  expect({ exitStatus, said: exitStatus === 0 ? [] : lastLines }).toEqual({ exitStatus: 0, said: [] });
}
