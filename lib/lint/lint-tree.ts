// SPDX-License-Identifier: Apache-2.0
import { basename, dirname, join } from 'node:path';
import type { ElementFiles, FileEntry } from '../elements/element-files.ts';
import { realElementFiles } from '../elements/element-files.ts';
import type { LoadedElement } from '../elements/read-element.ts';
import { readElement } from '../elements/read-element.ts';
import type { ElementName, HostPath } from '../model/brands.ts';
import { hostPath } from '../model/brands.ts';
import { compareBytes, defaultHookNames } from '../model/hook-order.ts';
import type { Problem, Result } from '../model/problem.ts';
import { failed, success } from '../model/problem.ts';
import type { LintFile } from './lint-file.ts';
import { lintFile } from './lint-file.ts';

/** An element as checks see it. */
export type LintElement = {
  readonly loaded: LoadedElement;
  /** Its directory as the user would write it. */
  readonly shownAs: string;
  /** Everything in it but its test-elements, which are elements of their own. */
  readonly files: readonly LintFile[];
};

/** Whether it is a test of the element around it. */
export const isTestElement = ({ element: { directory } }: LoadedElement): boolean =>
  basename(dirname(directory)) === 'test-elements';

/** What is checked, and what that may refer to. */
export type LintTree = {
  readonly elements: readonly LintElement[];
  /** Every element that is known: those above, and those of the library. Earlier directories win. */
  readonly known: ReadonlyMap<ElementName, LoadedElement>;
};

export type LintPlaces = {
  /** As the user gave them: directories of elements, or elements. */
  readonly directories: readonly string[];
  /** What they are relative to. */
  readonly workingDirectory: string;
  /** Directories of elements that are not checked, but known. */
  readonly library: readonly HostPath[];
};

/** Reads everything that checks look at. A place that is no directory, or holds nothing, is a problem. */
export async function loadLintTree(
  { directories, workingDirectory, library }: LintPlaces,
  files: ElementFiles = realElementFiles,
): Promise<Result<LintTree>> {
  const absolute = directories.map((given) => hostPath(join('/', ...placeOf(workingDirectory, given))));
  const read = await Promise.all(
    absolute.map((path, index) => readPlace(files, path, directories[index] ?? '')),
  );
  const problems = read.flatMap((elements, index) =>
    elements.length === 0 ? [noElements(directories[index] ?? '')] : [],
  );
  if (problems.length > 0) return failed(...problems);
  const elements = read.flat().sort((a, b) => compareBytes(a.shownAs, b.shownAs));
  const others = (await Promise.all(library.map((path) => readPlace(files, path, path)))).flat();
  const all = [...elements, ...others].map(({ loaded }) => [loaded.element.name, loaded] as const);
  return success({ elements, known: new Map(all.reverse()) });
}

const placeOf = (workingDirectory: string, given: string): readonly string[] =>
  given.startsWith('/') ? [given] : [workingDirectory, given];

const noElements = (directory: string): Problem => ({
  message: `there are no elements in ${directory}`,
  hints: ['name a directory that holds elements, or an element itself'],
});

/** The elements of a directory, or the one that it is itself; empty when it is no directory. */
async function readPlace(
  files: ElementFiles,
  directory: HostPath,
  shownAs: string,
): Promise<readonly LintElement[]> {
  const inside = await files.directoriesIn(directory);
  if (inside === null) return [];
  const entries = inside.some((path) => isPartOfElement(basename(path)))
    ? [{ path: directory, shown: shownAs }]
    : inside.map((path) => ({ path, shown: join(shownAs, basename(path)) }));
  const read = await Promise.all(entries.map(({ path, shown }) => readAll(files, path, shown)));
  return read.flat();
}

const isPartOfElement = (name: string): boolean =>
  /\.d$|^(static|bin|init-scripts|test-elements)$/.test(name);

/** An element and the tests inside it. */
async function readAll(
  files: ElementFiles,
  directory: HostPath,
  shownAs: string,
): Promise<readonly LintElement[]> {
  const entries = await files.entriesBelow(directory);
  const tests = [...new Set(entries.flatMap(({ path }) => /^test-elements\/[^/]+(?=\/)/.exec(path) ?? []))];
  const own = entries.filter(({ path }) => !path.startsWith('test-elements/'));
  return [
    lintElement(directory, shownAs, own),
    ...tests.map((test) =>
      lintElement(hostPath(join(directory, test)), join(shownAs, test), entriesIn(entries, `${test}/`)),
    ),
  ];
}

const entriesIn = (entries: readonly FileEntry[], prefix: string): readonly FileEntry[] =>
  entries
    .filter(({ path }) => path.startsWith(prefix))
    .map((entry) => ({ ...entry, path: entry.path.slice(prefix.length) }));

const lintElement = (directory: HostPath, shownAs: string, entries: readonly FileEntry[]): LintElement => ({
  loaded: readElement(directory, entries),
  shownAs,
  files: withoutData(entries.filter(({ kind, link }) => kind === 'file' && link === null).map(lintFile)).sort(
    (a, b) => compareBytes(a.path, b.path),
  ),
});

/** Scripts that lie beside hooks for another file to copy or to start: they have no name that hooks have, and it names them. */
function withoutData(files: readonly LintFile[]): LintFile[] {
  const isData = ({ path, role }: LintFile): boolean => {
    const name = basename(path);
    if (role !== 'hook' || new RegExp(defaultHookNames).test(name)) return false;
    return files.some((other) => other.path !== path && other.text?.includes(name) === true);
  };
  return files.map((file) => (isData(file) ? { ...file, role: 'other', phase: null } : file));
}
