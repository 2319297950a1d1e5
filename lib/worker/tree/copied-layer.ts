// SPDX-License-Identifier: Apache-2.0
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostPath } from '../../model/brands.ts';
import { hostPath } from '../../model/brands.ts';
import type { Staging } from '../../store/layers.ts';
import type { WorkerContext } from '../context.ts';
import { runTool } from '../context.ts';
import { extractDirectories } from './directory-archive.ts';
import type { TreeChanges } from './tree-listing.ts';

/** Beside a layer's files: paths that it removes, each ended by a zero byte. */
const REMOVED = 'removed';

const copying = ['cp', '--archive', '--reflink=auto'] as const;

type Copy = {
  readonly changes: TreeChanges;
  readonly staging: Staging;
  /** Of the changed directories, without what is in them. */
  readonly archive: HostPath;
};

/** Copies what changed in a tree to a staged layer. */
export async function copyChanges(
  context: WorkerContext,
  tree: HostPath,
  { changes, staging, archive }: Copy,
): Promise<void> {
  const doing = 'copying what changed';
  if (changes.removed.length > 0) await writePaths(join(staging.directory, REMOVED), changes.removed);
  const list = join(staging.overlayWork, 'paths');
  for (const files of bundles(changes.files)) {
    await writePaths(list, files);
    const reading = [
      'xargs',
      '--null',
      `--arg-file=${list}`,
      `--max-chars=${MOST_CHARACTERS}`,
      '--exit',
    ] as const;
    const argv = [...reading, ...copying, '--parents', `--target-directory=${staging.tree}`, '--'] as const;
    await runTool(context, doing, { argv, cwd: tree });
  }
  await extractDirectories(context, archive, staging.tree);
}

/** Copies a whole tree to a staged layer that there is nothing below. */
export const copyAll = (context: WorkerContext, tree: HostPath, { tree: to }: Staging): Promise<unknown> =>
  runTool(context, 'copying the tree', { argv: [...copying, '--no-target-directory', tree, to] });

/** Makes of a tree what a stored layer makes of it. */
export async function applyLayer(context: WorkerContext, layer: HostPath, tree: HostPath): Promise<void> {
  const doing = 'copying a layer';
  if ((await removedBy(layer)).length > 0) {
    const list = join(layer, REMOVED);
    const argv = ['xargs', '--null', `--arg-file=${list}`, 'rm', '--recursive', '--force', '--'] as const;
    await runTool(context, doing, { argv, cwd: tree });
  }
  const words = ['--remove-destination', '--no-target-directory', hostPath(join(layer, 't')), tree];
  await runTool(context, doing, { argv: [...copying, ...words] });
}

/** Paths that a layer removes before it puts its own files in place. */
export async function removedBy(layer: HostPath): Promise<readonly string[]> {
  const text = await readFile(join(layer, REMOVED), 'latin1').catch(() => '');
  return text.split('\0').slice(0, -1);
}

/** A command's words may take 2 MiB, with its environment. */
const MOST_CHARACTERS = 1_500_000;

/** Lists that fit a command's words: names of one file are copied together, or they would become two. */
function bundles(paths: readonly string[]): readonly (readonly string[])[] {
  const lists: string[][] = [];
  let room = 0;
  for (const path of paths) {
    const takes = path.length + 1 + POINTER;
    if (lists.length === 0 || takes > room) {
      lists.push([]);
      room = MOST_CHARACTERS;
    }
    lists.at(-1)?.push(path);
    room -= takes;
  }
  return lists;
}

/** The kernel counts a word's pointer, too. */
const POINTER = 8;

const writePaths = (file: string, paths: readonly string[]): Promise<void> =>
  writeFile(file, paths.map((path) => `${path}\0`).join(''), 'latin1');
