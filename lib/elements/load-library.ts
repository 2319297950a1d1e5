// SPDX-License-Identifier: Apache-2.0
import { basename } from 'node:path';

import type { ElementName, HostPath } from '../model/brands.ts';
import { elementName } from '../model/brands.ts';
import type { Problem, Result } from '../model/problem.ts';
import { failed, success } from '../model/problem.ts';
import type { ElementFiles } from './element-files.ts';
import { realElementFiles } from './element-files.ts';
import type { LoadedElement } from './read-element.ts';
import { readElement } from './read-element.ts';

/** The elements of a search path. Names are known of all, contents only of those that were loaded. */
export type ElementLibrary = {
  readonly path: readonly HostPath[];
  readonly directories: ReadonlyMap<ElementName, HostPath>;
  /** Directories that an earlier entry of the path hides. */
  readonly hidden: ReadonlyMap<ElementName, readonly HostPath[]>;
  readonly loaded: ReadonlyMap<ElementName, LoadedElement>;
};

/**
 * Lists the elements of ELEMENTS_PATH. Earlier entries win; an entry that is no directory is a problem.
 * @param variableOf Where the user wrote an entry.
 */
export async function loadLibrary(
  path: readonly HostPath[],
  files: ElementFiles = realElementFiles,
  variableOf: (entry: HostPath) => string = () => 'ELEMENTS_PATH',
): Promise<Result<ElementLibrary>> {
  const listed = await Promise.all(path.map((entry) => files.directoriesIn(entry)));
  const absent = path.filter((_, index) => listed[index] === null);
  if (absent.length > 0) return failed(...absent.map((entry) => noDirectory(variableOf(entry), entry)));
  const directories = new Map<ElementName, HostPath>();
  const hidden = new Map<ElementName, readonly HostPath[]>();
  for (const directory of listed.flatMap((found) => found ?? [])) {
    const name = elementName(basename(directory));
    const winner = directories.get(name);
    if (winner === undefined) directories.set(name, directory);
    else if (winner !== directory) hidden.set(name, [...(hidden.get(name) ?? []), directory]);
  }
  return success({ path, directories, hidden, loaded: new Map() });
}

/** Loads the named elements and whatever they depend on, as far as the library has it. */
export async function loadClosure(
  library: ElementLibrary,
  names: readonly ElementName[],
  files: ElementFiles = realElementFiles,
): Promise<ElementLibrary> {
  const loaded = new Map(library.loaded);
  let wanted = names;
  for (;;) {
    const found = [...new Set(wanted)].flatMap((name) => {
      const directory = loaded.has(name) ? undefined : library.directories.get(name);
      return directory === undefined ? [] : [directory];
    });
    if (found.length === 0) return { ...library, loaded };
    const read = await Promise.all(found.map((directory) => loadElement(directory, files)));
    for (const element of read) loaded.set(element.element.name, element);
    wanted = read.flatMap(({ element }) => element.dependsOn);
  }
}

/** What the user may not read is no element of his, and a problem if it is built. */
async function loadElement(directory: HostPath, files: ElementFiles): Promise<LoadedElement> {
  try {
    return readElement(directory, await files.entriesBelow(directory));
  } catch (error) {
    if (!isDenied(error)) throw error;
    return { ...readElement(directory, []), problems: [unreadable(basename(directory), error.path)] };
  }
}

const isDenied = (error: unknown): error is NodeJS.ErrnoException & { readonly path: string } =>
  error instanceof Error && 'code' in error && error.code === 'EACCES' && 'path' in error;

const unreadable = (name: string, path: string): Problem => ({
  message: `element \`${name}\` cannot be read: permission is denied for ${path}`,
  hints: ['let the user who builds read it, as in: chmod -R a+rX DIRECTORY'],
});

const noDirectory = (variable: string, entry: HostPath): Problem => ({
  message: `${variable} names ${entry}, which is no directory`,
  hints: ['correct the path, or leave the entry out'],
});
