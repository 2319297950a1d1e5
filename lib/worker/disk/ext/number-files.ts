// SPDX-License-Identifier: Apache-2.0
import { FileSystemFull } from './free-space.ts';
import type { Ages, LayerHistory } from './layer-history.ts';
import type { SourceFile } from './source-tree.ts';

export type AgesOfFiles = ReadonlyMap<SourceFile, Ages>;

/** What no layer holds by its path, as below a directory that was renamed, is as old as the directory it is in. */
export function agesOf(files: readonly SourceFile[], history: LayerHistory): AgesOfFiles {
  const ages = new Map<SourceFile, Ages>();
  const ofDirectories = new Map<string, Ages>();
  for (const file of files) {
    const parent = ofDirectories.get(file.path.slice(0, Math.max(0, file.path.lastIndexOf('/'))));
    const own = history.get(file.path) ?? parent ?? { born: 0, changed: 0 };
    ages.set(file, own);
    if (file.kind === 'directory') ofDirectories.set(file.path, own);
  }
  return ages;
}

export type InodeNumbers = ReadonlyMap<SourceFile, number>;

/** Those that are free, and those that the file system has given away to what it holds already. */
export type NumberSpace = {
  readonly first: number;
  readonly last: number;
  readonly reserved: ReadonlyMap<string, number>;
};

type Claim = { readonly path: string; readonly born: number; readonly file: SourceFile | null };

/**
 * Numbers in the order in which layers brought the files: what a late layer changes keeps its number, and so does
 * everything else. As long as there are enough, a file that a late layer removes leaves its number unused.
 * @throws FileSystemFull
 */
export function numberFiles(
  ages: AgesOfFiles,
  history: LayerHistory,
  { first, last, reserved }: NumberSpace,
): InodeNumbers {
  const room = last - first + 1;
  const claims: Claim[] = [...ages]
    .filter(([{ path }]) => !reserved.has(path))
    .map(([file, { born }]) => ({ path: file.path, born, file }));
  if (claims.length > room) throw new FileSystemFull();
  const withRemoved = [...claims, ...removedPaths(ages, history)];
  const numbers = new Map<SourceFile, number>();
  for (const [index, { file }] of inOrder(withRemoved.length > room ? claims : withRemoved).entries()) {
    if (file !== null) numbers.set(file, first + index);
  }
  for (const file of ages.keys()) {
    const number = reserved.get(file.path);
    if (number !== undefined) numbers.set(file, number);
  }
  return numbers;
}

function removedPaths(ages: AgesOfFiles, history: LayerHistory): readonly Claim[] {
  const present = new Set([...ages.keys()].map(({ path }) => path));
  return [...history]
    .filter(([path]) => !present.has(path))
    .map(([path, { born }]) => ({ path, born, file: null }));
}

const inOrder = (claims: readonly Claim[]): readonly Claim[] =>
  claims.toSorted((a, b) => a.born - b.born || (a.path < b.path ? -1 : 1));
