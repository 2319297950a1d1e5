// SPDX-License-Identifier: Apache-2.0
import type { DlopenNote } from './dlopen-notes.ts';
import type { LibrarySearch, LoadedObject } from './find-library.ts';

/** A library that was asked for and is not there. */
export type MissingLibrary = {
  /** By any of these names it would do. */
  readonly names: readonly string[];
  readonly loader: LoadedObject;
  /** The note that asks for it; null when it is linked with. */
  readonly note: DlopenNote | null;
};

export type Loaded = {
  /** The program first, then what it is linked with, then what is opened while it runs. */
  readonly objects: readonly LoadedObject[];
  readonly missing: readonly MissingLibrary[];
};

/**
 * Loads a program as the dynamic linker would: breadth first, each name once. Then come the libraries that notes say are
 * opened while it runs, but for those that are only suggested. @param resident Objects that are there beforehand.
 */
export function loadLibraries(
  program: LoadedObject,
  resident: readonly LoadedObject[],
  search: LibrarySearch,
): Loaded {
  const objects: LoadedObject[] = [];
  const missing: MissingLibrary[] = [];
  const present = new Set(resident.flatMap(sonamesOf));
  const linked: MissingLibrary[] = [];
  const opened: MissingLibrary[] = [];
  const add = (object: LoadedObject): void => {
    const isKnown = objects.some(({ found }) => found.path === object.found.path);
    // Another name means other links, which are needed too.
    objects.push(object);
    if (isKnown) return;
    linked.push(...object.elf.needed.map((name) => ({ names: [name], loader: object, note: null })));
    opened.push(
      ...object.elf.dlopen
        .filter(({ priority }) => priority !== 'suggested')
        .map((note) => ({ names: note.sonames, loader: object, note })),
    );
  };
  add(program);
  const satisfy = ({ names, loader }: MissingLibrary): boolean =>
    names.some((name) => {
      if (present.has(name)) return true;
      const object = search(name, loader);
      if (object === null) return false;
      add(object);
      for (const known of [name, ...sonamesOf(object)]) present.add(known);
      return true;
    });
  const takeNext = (): MissingLibrary | undefined => linked.shift() ?? opened.shift();
  for (let next = takeNext(); next !== undefined; next = takeNext()) if (!satisfy(next)) missing.push(next);
  return { objects, missing };
}

const sonamesOf = ({ elf }: LoadedObject): readonly string[] => (elf.soname === null ? [] : [elf.soname]);
