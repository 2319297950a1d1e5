// SPDX-License-Identifier: Apache-2.0
import { readFile, rm } from 'node:fs/promises';
import type { HostPath } from '../../model/brands.ts';
import type { WorkerContext } from '../context.ts';
import { runTool } from '../context.ts';

/** Everything in a tree, each directory before what is in it. Bytes of a path are characters; the root is ``. */
export type TreeListing = ReadonlyMap<string, Listed>;

/** `KIND INODE LINKS …`: differs when anything but the time of last reading does. A change of attributes changes ctime. */
export type Listed = string;

const FORMAT = String.raw`%y %i %n %m %U %G %s %T@ %C@ %P\0`;
const FIELDS = 9;

/** @param scratch A file to be written meanwhile, outside the tree. */
export async function listTree(
  context: WorkerContext,
  tree: HostPath,
  scratch: HostPath,
): Promise<TreeListing> {
  const argv = ['find', '.', '-xdev', '-fprintf', scratch, FORMAT] as const;
  await runTool(context, 'listing the tree', { argv, cwd: tree });
  const text = await readFile(scratch, 'latin1');
  await rm(scratch);
  return parseListing(text);
}

export function parseListing(text: string): TreeListing {
  const listing = new Map<string, Listed>();
  for (let at = 0; at < text.length;) {
    const end = text.indexOf('\0', at);
    let path = at;
    for (let field = 0; field < FIELDS; field++) path = text.indexOf(' ', path) + 1;
    listing.set(text.slice(path, end), text.slice(at, path - 1));
    at = end + 1;
  }
  return listing;
}

const isDirectory = (listed: Listed): boolean => listed.startsWith('d ');

/** When it was last changed in any way, as find prints it. */
export const changeTimeOf = (listed: Listed): string => listed.slice(listed.lastIndexOf(' ') + 1);

const inodeOf = (listed: Listed): string => listed.split(' ', 2)[1] ?? '';

/** What happened to a tree between two listings. */
export type TreeChanges = {
  /** Paths that are gone, directories that are others now, and what is no directory any more or only now; not those within. */
  readonly removed: readonly string[];
  /** Directories that are new or changed, and those that lead to anything that is; outer ones first. */
  readonly directories: readonly string[];
  /** All else that is new or changed, names of one file side by side. */
  readonly files: readonly string[];
};

/** @param anew Directories to be treated as made anew, though they are the same. */
export function changesBetween(
  before: TreeListing,
  after: TreeListing,
  anew: ReadonlySet<string> = new Set(),
): TreeChanges {
  const gone = [...before].filter(
    ([path, listed]) => anew.has(path) || isGone(path, listed, after.get(path)),
  );
  const removed = outermost(gone.map(([path]) => path));
  const changed = changedIn(before, after, new Set(removed));
  const inner = changed.filter(([, listed]) => isDirectory(listed)).map(([path]) => path);
  const directories = new Set(changed.flatMap(([path]) => leadingTo(path)).concat(inner));
  return {
    removed,
    directories: [...directories].sort(),
    files: sideBySide(changed.filter(([, listed]) => !isDirectory(listed))),
  };
}

/** The root of a tree stays; a directory made anew may have lost attributes that the one before had. */
function isGone(path: string, before: Listed, after: Listed | undefined): boolean {
  if (path === '') return false;
  if (after === undefined) return true;
  if (!isDirectory(before) && !isDirectory(after)) return false;
  return before[0] !== after[0] || inodeOf(before) !== inodeOf(after);
}

/** What differs, and all within what is removed and made anew. */
function changedIn(
  before: TreeListing,
  after: TreeListing,
  removed: ReadonlySet<string>,
): readonly (readonly [string, Listed])[] {
  let made: string | null = null;
  return [...after].filter(([path, listed]) => {
    if (made !== null && path.startsWith(`${made}/`)) return true;
    made = removed.has(path) ? path : null;
    return made !== null || before.get(path) !== listed;
  });
}

/** The directories on the way to a path, the root first. */
function leadingTo(path: string): readonly string[] {
  if (path === '') return [];
  const names = path.split('/');
  return names.map((_, index) => names.slice(0, index).join('/'));
}

/** @param paths Each directory directly before all that is in it. */
function outermost(paths: readonly string[]): readonly string[] {
  const kept: string[] = [];
  for (const path of paths) {
    const last = kept.at(-1);
    if (last === undefined || !path.startsWith(`${last}/`)) kept.push(path);
  }
  return kept;
}

function sideBySide(files: readonly (readonly [string, Listed])[]): readonly string[] {
  const order = files.map(([path, listed]) => ({ path, inode: sharedInodeOf(listed) }));
  return order.sort((a, b) => compare(a.inode, b.inode)).map(({ path }) => path);
}

/** Empty when the file has one name. */
function sharedInodeOf(listed: Listed): string {
  const [, inode = '', links] = listed.split(' ', 3);
  return links === '1' ? '' : inode;
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
