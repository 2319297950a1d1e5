// SPDX-License-Identifier: Apache-2.0
import { basename, join } from 'node:path';
import type { ElementName, HostPath } from '../model/brands.ts';
import { elementName, hostPath } from '../model/brands.ts';
import { compareBytes } from '../model/hook-order.ts';
import type { ElementFiles, FileEntry } from './element-files.ts';
import { realElementFiles } from './element-files.ts';
import { readElement } from './read-element.ts';

/** What tests an element. */
export type ElementTest = BuildTest | ScriptTest;

/** An element of `test-elements/` that is built together with the one it tests, and fails by a hook that fails. */
export type BuildTest = {
  readonly kind: 'build';
  readonly name: ElementName;
  readonly directory: HostPath;
  /** Words for `-t`, as in the file test-output-formats. */
  readonly outputTypes: readonly string[];
  readonly dependsOn: readonly ElementName[];
  /** It can share a build with no other test. */
  readonly isAlone: boolean;
};

/** The file `test` of the element, which fails by its exit status. */
export type ScriptTest = {
  readonly kind: 'script';
  readonly path: HostPath;
  readonly isExecutable: boolean;
};

/** All tests of the element in a directory: those that are built, by name, then the script. */
export async function readElementTests(
  directory: HostPath,
  files: ElementFiles = realElementFiles,
): Promise<readonly ElementTest[]> {
  const directories = (await files.directoriesIn(hostPath(join(directory, 'test-elements')))) ?? [];
  const builds = await Promise.all(
    directories.map(async (path) => buildTest(path, await files.entriesBelow(path))),
  );
  const script = (await files.entriesBelow(directory)).find(
    ({ path, kind }) => path === 'test' && kind === 'file',
  );
  return [
    ...builds.sort((a, b) => compareBytes(a.name, b.name)),
    ...(script === undefined ? [] : [scriptTest(directory, script)]),
  ];
}

function buildTest(directory: HostPath, entries: readonly FileEntry[]): BuildTest {
  const { element, texts } = readElement(directory, entries);
  const formats = (texts.get('test-output-formats') ?? '').split(/[\s,]+/).filter((word) => word !== '');
  return {
    kind: 'build',
    name: elementName(basename(directory)),
    directory,
    outputTypes: formats.length === 0 ? ['tar'] : formats,
    dependsOn: element.dependsOn,
    isAlone: element.settings.testedAlone === true,
  };
}

const scriptTest = (directory: HostPath, { path, mode }: FileEntry): ScriptTest => ({
  kind: 'script',
  path: hostPath(join(directory, path)),
  isExecutable: (mode & 0o111) !== 0,
});
