// SPDX-License-Identifier: Apache-2.0
import { posix } from 'node:path';
import type { ElfFile, ElfFormat } from './elf.ts';
import { isSameFormat } from './elf.ts';
import type { LoaderConfiguration } from './library-directories.ts';
import { defaultDirectories, expandDirectory } from './library-directories.ts';
import type { ProgramFiles } from './program-files.ts';
import type { FoundFile, TreeReader } from './tree-reader.ts';

/** A program or a library as the dynamic linker has it in memory. */
export type LoadedObject = {
  readonly found: FoundFile;
  readonly elf: ElfFile;
  /** What `$ORIGIN` means in it: the directory it was found in. */
  readonly origin: string;
  /** What asked for it; null for the program itself. */
  readonly loader: LoadedObject | null;
  /** Directories that the path to it leads into and out of again by `..`. */
  readonly passed: readonly FoundFile[];
  /** Whether it is found only because /etc/ld.so.conf names its directory, by way of /etc/ld.so.cache. */
  readonly isConfigured: boolean;
};

/** Finds a library that an object asks for, in the order of ld.so(8); null when there is none for its machine. */
export type LibrarySearch = (name: string, loader: LoadedObject) => LoadedObject | null;

export type LibrarySources = {
  readonly reader: TreeReader;
  readonly programs: ProgramFiles;
  readonly configuration: LoaderConfiguration;
};

/** A search that remembers what it found in the directories of the system. */
export function librarySearch({ reader, programs, configuration }: LibrarySources): LibrarySearch {
  const objectAt = (path: string, loader: LoadedObject): LoadedObject | null => {
    const found = reader.find(path);
    const program = found === null ? null : programs.read(found);
    if (found === null || program?.kind !== 'elf' || !isSameFormat(program.elf, loader.elf)) return null;
    const origin = posix.dirname(path);
    const isConfigured =
      configuration.directories.includes(origin) && !defaultDirectories(loader.elf).includes(origin);
    return { found, elf: program.elf, origin, loader, passed: directoriesPassed(reader, path), isConfigured };
  };
  const firstOf = (paths: readonly string[], loader: LoadedObject): LoadedObject | null => {
    for (const path of paths) {
      const object = objectAt(path, loader);
      if (object !== null) return object;
    }
    return null;
  };
  const known = new Map<string, readonly string[]>();
  const inSystem = (name: string, loader: LoadedObject): LoadedObject | null => {
    const key = `${formatName(loader.elf)} ${name}`;
    const directories = [...configuration.directories, ...defaultDirectories(loader.elf)];
    const object = firstOf(known.get(key) ?? directories.map((directory) => `${directory}/${name}`), loader);
    known.set(key, object === null ? [] : [`${object.origin}/${name}`]);
    return object;
  };
  return (name, loader) =>
    name.includes('/')
      ? firstOf(expandDirectory(name, loader).map(fromRoot), loader)
      : (firstOf(
          ownDirectories(loader).map((directory) => `${directory}/${name}`),
          loader,
        ) ?? inSystem(name, loader));
}

/** What is loaded first. Its `$ORIGIN` is where it really is. */
export const firstObject = (found: FoundFile, elf: ElfFile): LoadedObject => ({
  found,
  elf,
  origin: posix.dirname(found.path),
  loader: null,
  passed: [],
  isConfigured: false,
});

const formatName = ({ machine, bits, byteOrder }: ElfFormat): string => `${machine} ${bits} ${byteOrder}`;

/** The first process of a RAM disk, and what it starts, work in its root. */
const fromRoot = (path: string): string => (path.startsWith('/') ? path : `/${path}`);

/** RPATH of an object and all that led to it, unless it has a RUNPATH, which counts for itself alone. */
function ownDirectories(object: LoadedObject): readonly string[] {
  const written =
    object.elf.runpath.length > 0
      ? object.elf.runpath.flatMap((directory) => expandDirectory(directory, object))
      : loadersOf(object).flatMap((one) =>
          one.elf.runpath.length > 0
            ? []
            : one.elf.rpath.flatMap((directory) => expandDirectory(directory, one)),
        );
  return written.filter((directory) => directory.startsWith('/'));
}

const loadersOf = (object: LoadedObject): readonly LoadedObject[] =>
  object.loader === null ? [object] : [object, ...loadersOf(object.loader)];

const directoriesPassed = (reader: TreeReader, path: string): readonly FoundFile[] =>
  [...path.matchAll(/\/\.\.(?=\/)/g)].flatMap(({ index }) => reader.find(path.slice(0, index)) ?? []);
