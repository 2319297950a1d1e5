// SPDX-License-Identifier: Apache-2.0
import { compareBytes } from '../model/hook-order.ts';
import type { Problem } from '../model/problem.ts';
import type { LibraryClosure, MissingFile } from './library-closure.ts';
import { libraryClosure } from './library-closure.ts';
import { nssFiles } from './nss.ts';
import { findProgram } from './program-path.ts';
import type { RamdiskEntry } from './ramdisk-entry.ts';
import { entriesFor } from './ramdisk-entry.ts';
import { terminfoFiles } from './terminfo.ts';
import type { FoundFile, TreeReader } from './tree-reader.ts';

export type WantedPrograms = {
  /** Names of programs, or paths in the tree, each with the element that asks for it. */
  readonly words: readonly { readonly name: string; readonly wantedBy: string }[];
  /** Directories of PATH, in their order. */
  readonly path: readonly string[];
  /** Whether busybox does what a program of that name would do. Without it, nothing is left to busybox. */
  readonly isApplet?: (name: string) => boolean;
};

export type CollectedPrograms = {
  /** Sorted by their paths, each path once. */
  readonly entries: readonly RamdiskEntry[];
  /** Sorted by their names. */
  readonly missing: readonly MissingProgram[];
  readonly problems: readonly Problem[];
  readonly notes: readonly string[];
};

/** A program that is neither in the tree nor an applet of busybox. */
export type MissingProgram = { readonly name: string; readonly wantedBy: readonly string[] };

/** The words of a `binary-deps` file: separated by blanks; `#` begins a comment. */
export const programWords = (text: string): readonly string[] =>
  text
    .split('\n')
    .flatMap((line) => line.replace(/(^|\s)#.*/, '').split(/\s+/))
    .filter((word) => word !== '');

/** Looks programs up, and finds all that they need to run in a RAM disk. */
export function collectPrograms(reader: TreeReader, wanted: WantedPrograms): CollectedPrograms {
  const isApplet = wanted.isApplet ?? ((): boolean => false);
  const found = new Map(wanted.words.map(({ name }) => [name, findProgram(reader, name, wanted.path)]));
  const closureOf = (files: readonly FoundFile[]): LibraryClosure =>
    libraryClosure(reader, { files, path: wanted.path, isApplet });
  const programs = closureOf([...found.values()].flatMap((file) => file ?? []));
  const nss = nssFiles(reader, programs.files);
  const modules = closureOf(nss.libraries);
  const files = [...programs.files, ...modules.files, ...nss.settings];
  return {
    entries: entriesOnce([...files, ...terminfoFiles(reader, files)]),
    missing: [...found]
      .filter(([name, file]) => file === null && !isApplet(name))
      .map(([name]) => ({ name, wantedBy: wantedBy(name, wanted) }))
      .sort((a, b) => compareBytes(a.name, b.name)),
    problems: [
      ...describeMissingFiles([...programs.missing, ...modules.missing]),
      ...programs.problems,
      ...modules.problems,
    ],
    notes: [...new Set([...programs.notes, ...modules.notes])],
  };
}

function entriesOnce(files: readonly FoundFile[]): readonly RamdiskEntry[] {
  const byPath = new Map(files.flatMap(entriesFor).map((entry) => [entry.path, entry]));
  return [...byPath.values()].sort((a, b) => compareBytes(a.path, b.path));
}

const wantedBy = (name: string, { words }: WantedPrograms): readonly string[] =>
  [...new Set(words.filter((word) => word.name === name).map((word) => word.wantedBy))].sort(compareBytes);

function describeMissingFiles(missing: readonly MissingFile[]): readonly Problem[] {
  const names = [...new Set(missing.map(({ name }) => name))].sort(compareBytes);
  if (names.length === 0) return [];
  const neededBy = (name: string): readonly string[] => [
    ...new Set(missing.flatMap((file) => (file.name === name ? file.neededBy : []))),
  ];
  return [
    {
      message: `programs of the RAM disk need files that are not there: ${names.join(', ')}`,
      hints: [
        ...names.map((name) => `${name} is needed by ${neededBy(name).join(', ')}`),
        'install the packages that have them, or take what needs them out of binary-deps',
      ],
    },
  ];
}
