// SPDX-License-Identifier: Apache-2.0
import { posix } from 'node:path';
import { compareBytes } from '../model/hook-order.ts';
import type { Problem } from '../model/problem.ts';
import type { ElfFile } from './elf.ts';
import type { LibrarySearch, LoadedObject } from './find-library.ts';
import { firstObject, librarySearch } from './find-library.ts';
import type { LoaderConfiguration } from './library-directories.ts';
import { readLoaderConfiguration } from './library-directories.ts';
import type { MissingLibrary } from './load-libraries.ts';
import { loadLibraries } from './load-libraries.ts';
import type { ProgramFiles } from './program-files.ts';
import { programFiles } from './program-files.ts';
import { findProgram } from './program-path.ts';
import { interpretersOf } from './shebang.ts';
import type { FoundFile, TreeReader } from './tree-reader.ts';

export type ClosureWanted = {
  /** Programs, scripts and libraries. */
  readonly files: readonly FoundFile[];
  /** Where programs that `#!/usr/bin/env` names are looked for. */
  readonly path: readonly string[];
  /** Whether busybox does what a program of that name would do. */
  readonly isApplet: (name: string) => boolean;
};

/** All that some files need to run. */
export type LibraryClosure = {
  /** They themselves and what they need; a file more than once when several links lead to it. */
  readonly files: readonly FoundFile[];
  readonly missing: readonly MissingFile[];
  /** Files that cannot be used. */
  readonly problems: readonly Problem[];
  readonly notes: readonly string[];
};

/** A library or an interpreter that is not in the tree. */
export type MissingFile = { readonly name: string; readonly neededBy: readonly string[] };

/**
 * Follows what files need: dynamic linker, libraries, libraries they open while they run, interpreters of scripts.
 * Variants of libraries for some processors only (glibc-hwcaps) are left out.
 */
export function libraryClosure(reader: TreeReader, wanted: ClosureWanted): LibraryClosure {
  const programs = programFiles(reader);
  const configuration = readLoaderConfiguration(reader);
  const search = librarySearch({ reader, programs, configuration });
  const queue = [...wanted.files];
  const needs: Needs[] = [];
  const seen = new Set<string>();
  // The queue grows while it is worked off.
  for (const found of queue) {
    if (seen.has(found.path)) continue;
    seen.add(found.path);
    const ofFile = needsOf(found, { reader, programs, search, wanted });
    queue.push(...ofFile.programs);
    needs.push(ofFile);
  }
  const objects = needs.flatMap((one) => one.objects);
  const settings = settingsOfLoader(reader, configuration, objects);
  return {
    files: [...queue, ...objects.flatMap(({ found, passed }) => [found, ...passed]), ...settings.files],
    missing: byName(needs.flatMap((one) => one.missing)),
    problems: damagedFiles(programs),
    notes: sortedOnce([
      ...needs.flatMap((one) => one.notes),
      ...objects.flatMap(notesOnObject),
      ...settings.notes,
    ]),
  };
}

type Needs = {
  readonly objects: readonly LoadedObject[];
  /** Interpreters, which may be scripts themselves. */
  readonly programs: readonly FoundFile[];
  readonly missing: readonly Missed[];
  readonly notes: readonly string[];
};

type Missed = { readonly name: string; readonly neededBy: string };

const noNeeds: Needs = { objects: [], programs: [], missing: [], notes: [] };

type Sources = {
  readonly reader: TreeReader;
  readonly programs: ProgramFiles;
  readonly search: LibrarySearch;
  readonly wanted: ClosureWanted;
};

function needsOf(found: FoundFile, sources: Sources): Needs {
  const program = sources.programs.read(found);
  switch (program.kind) {
    case 'elf':
      return needsOfElf(found, program.elf, sources);
    case 'script':
      return joined(interpretersOf(program.shebang).map((name) => needsOfScript(found, name, sources)));
    case 'damaged':
    case 'other':
      return noNeeds;
  }
}

function needsOfElf(found: FoundFile, elf: ElfFile, { reader, programs, search }: Sources): Needs {
  const linker = elf.interpreter === null ? null : reader.find(elf.interpreter);
  const linkerFile = linker === null ? null : programs.read(linker);
  const resident = linker !== null && linkerFile?.kind === 'elf' ? [firstObject(linker, linkerFile.elf)] : [];
  const { objects, missing } = loadLibraries(firstObject(found, elf), resident, search);
  const isNeeded = ({ note }: MissingLibrary): boolean => note === null || note.priority === 'required';
  return {
    objects: [...resident, ...objects],
    programs: [],
    missing: [
      ...(elf.interpreter === null || linker !== null
        ? []
        : [{ name: elf.interpreter, neededBy: found.path }]),
      ...missing
        .filter(isNeeded)
        .map(({ names, loader }) => ({ name: names.join(' or '), neededBy: loader.found.path })),
    ],
    notes: missing.filter((one) => !isNeeded(one)).map(describeUnmetNote),
  };
}

function needsOfScript(script: FoundFile, name: string, { reader, wanted }: Sources): Needs {
  const found = findProgram(reader, name, wanted.path);
  if (found !== null) return { ...noNeeds, programs: [found] };
  if (wanted.isApplet(posix.basename(name)))
    return { ...noNeeds, notes: [`${script.path} is run by ${name}, which is left to busybox`] };
  return { ...noNeeds, missing: [{ name, neededBy: script.path }] };
}

const joined = (all: readonly Needs[]): Needs => ({
  objects: all.flatMap(({ objects }) => objects),
  programs: all.flatMap(({ programs }) => programs),
  missing: all.flatMap(({ missing }) => missing),
  notes: all.flatMap(({ notes }) => notes),
});

/** Libraries in directories that only /etc/ld.so.conf names are found by way of the cache that ldconfig made. */
function settingsOfLoader(
  reader: TreeReader,
  configuration: LoaderConfiguration,
  objects: readonly LoadedObject[],
): { readonly files: readonly FoundFile[]; readonly notes: readonly string[] } {
  const configured = objects.filter(({ isConfigured }) => isConfigured);
  if (configured.length === 0) return { files: [], notes: [] };
  const cache = reader.find('/etc/ld.so.cache');
  if (cache !== null) return { files: [...configuration.files, cache], notes: [] };
  const paths = configured.map(({ found }) => found.path);
  return {
    files: configuration.files,
    notes: paths.map((path) => `${path} will not be found: /etc/ld.so.cache is missing, run ldconfig`),
  };
}

function byName(missed: readonly Missed[]): readonly MissingFile[] {
  const names = sortedOnce(missed.map(({ name }) => name));
  return names.map((name) => ({
    name,
    neededBy: sortedOnce(missed.filter((one) => one.name === name).map(({ neededBy }) => neededBy)),
  }));
}

const damagedFiles = (programs: ProgramFiles): readonly Problem[] =>
  [...programs.known()]
    .toSorted(([a], [b]) => compareBytes(a, b))
    .flatMap(([path, program]) =>
      program.kind === 'damaged'
        ? [{ message: `${path} cannot be used: ${program.damage}`, hints: ['install its package again'] }]
        : [],
    );

function describeUnmetNote({ names, loader, note }: MissingLibrary): string {
  const purpose = note?.description || note?.feature;
  const reason = purpose === undefined || purpose === '' ? '' : ` (${purpose})`;
  return `${names.join(' or ')} is left out: ${loader.found.path} recommends it${reason}, but it is not there`;
}

const notesOnObject = ({ found, elf }: LoadedObject): readonly string[] =>
  elf.unreadableDlopenNotes === 0
    ? []
    : [`${found.path} says in a way that cannot be read which libraries it opens (.note.dlopen)`];

const sortedOnce = (texts: readonly string[]): readonly string[] => [...new Set(texts)].sort(compareBytes);
