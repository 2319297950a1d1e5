// SPDX-License-Identifier: Apache-2.0
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';
import type { BuildTest, ScriptTest } from '../../lib/elements/element-tests.ts';
import { readElementTests } from '../../lib/elements/element-tests.ts';
import { loadClosure, loadLibrary } from '../../lib/elements/load-library.ts';
import { realHost } from '../../lib/host/real-host.ts';
import { elementName, hostPath } from '../../lib/model/brands.ts';
import type { BuildEvent } from '../../lib/model/event.ts';
import type { Failure } from '../../lib/model/failure.ts';
import { describeFailure } from '../../lib/report/describe-failure.ts';
import { packageRoot } from './run-command.ts';

/** A test that an element of ours brings along. */
export type OwnTest = {
  /** `ELEMENT: TEST`. */
  readonly title: string;
  readonly element: string;
  /** Element of the closure that provides operating-system; null: none does. */
  readonly operatingSystem: string | null;
} & ({ readonly test: BuildTest } | { readonly test: ScriptTest });

const elements = join(packageRoot, 'elements');

/** Every test of every element in elements/. */
export async function ownTests(): Promise<readonly OwnTest[]> {
  const names = readdirSync(elements, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const found = await Promise.all(
    names.map(async ({ name }) => {
      const tests = await readElementTests(hostPath(join(elements, name)));
      return tests.map((test) => ({ element: name, test }));
    }),
  );
  const flat = found.flat();
  const systems = await operatingSystems(flat.flatMap(({ test }) => (test.kind === 'build' ? [test] : [])));
  return flat.map(({ element, test }) => ({
    title: `${element}: ${test.kind === 'build' ? test.name : 'test'}`,
    element,
    test,
    operatingSystem: (test.kind === 'build' ? systems.get(test.name) : null) ?? null,
  })) as readonly OwnTest[];
}

async function operatingSystems(tests: readonly BuildTest[]): Promise<ReadonlyMap<string, string>> {
  const listed = await loadLibrary(searchPath().map(hostPath));
  if (!listed.ok) throw new Error(JSON.stringify(listed.problems));
  const systems = await Promise.all(
    tests.map(async ({ name }) => {
      const { loaded } = await loadClosure(listed.value, [name]);
      const provider = [...loaded.values()].find(({ element }) =>
        element.provides.includes(elementName('operating-system')),
      );
      return provider === undefined ? [] : [[name, provider.element.name] as const];
    }),
  );
  return new Map(systems.flat());
}

/** Tests of all elements, the fixture tiny-os, the elements themselves. */
export const searchPath = (): readonly string[] => [
  ...readdirSync(elements)
    .map((name) => join(elements, name, 'test-elements'))
    .filter((path) => isDirectory(path)),
  join(packageRoot, 'test/fixtures/elements'),
  elements,
];

function isDirectory(path: string): boolean {
  try {
    readdirSync(path);
    return true;
  } catch {
    return false;
  }
}

/** How a build ended: null when it went well. */
export type Ending = { readonly element: string | null; readonly words: string } | null;

/** Builds elements together as a user does, with layers shared by all tests. */
export async function buildTogether(
  directory: string,
  names: readonly string[],
  outputTypes: readonly string[] = ['tar'],
): Promise<Ending> {
  const events: BuildEvent[] = [];
  const said: string[] = [];
  const { exitStatus } = await realHost.run({
    argv: [
      join(packageRoot, 'bin/disk-image-create'),
      '-n',
      '--progress=json',
      ...['-t', outputTypes.join(), '-o', join(directory, 'image')],
      ...names,
    ],
    cwd: directory,
    environment: {
      PATH: process.env['PATH'] ?? '',
      HOME: process.env['HOME'] ?? '/',
      DIB_IMAGE_CACHE: inject('layerCache'),
      ELEMENTS_PATH: searchPath().join(':'),
      OVERWRITE_OLD_IMAGE: '1',
    },
    onLine: (line) => {
      if (line.startsWith('{')) events.push(JSON.parse(line) as BuildEvent);
      else said.push(line);
    },
  });
  if (exitStatus === 0) return null;
  const last = events.at(-1);
  return last?.kind === 'build-failed'
    ? { element: elementOf(last.failure), words: wordsOf(last.failure) }
    : { element: null, words: said.join('\n') };
}

const elementOf = (failure: Failure): string | null =>
  failure.kind === 'hook-failed' ? failure.element : null;

const wordsOf = (failure: Failure): string =>
  describeFailure(failure, { logFile: null, resumeCommand: 'the test' });
