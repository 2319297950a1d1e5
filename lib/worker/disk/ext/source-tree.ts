// SPDX-License-Identifier: Apache-2.0
import type { BigIntStats } from 'node:fs';
import { lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';

export type FileKind = 'file' | 'directory' | 'character' | 'block' | 'fifo' | 'socket' | 'symlink';

/**
 * A file of the tree, once for all its names. Paths and names are of any bytes, so they are strings of a character
 * for each byte.
 */
export type SourceFile = {
  /** The first of its names, from the top of the file system on; empty: the top. */
  readonly path: string;
  readonly kind: FileKind;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly mtimeNanoseconds: bigint;
  /** In bytes: what it takes where it is now, less than its size when it has holes. */
  readonly allocated: number;
  /** Of a device: major and minor number. */
  readonly device: readonly [number, number];
  /** Of a symbolic link: where it leads. */
  readonly target: string;
  /** Of a directory, in order of names. */
  readonly entries: SourceEntry[];
  /** How many names it has in the tree. */
  names: number;
};

export type SourceEntry = { readonly name: string; readonly file: SourceFile };

export type SourceTree = {
  readonly directory: string;
  readonly top: SourceFile;
  /** Each once, the top first, directories before what they hold. */
  readonly files: readonly SourceFile[];
};

/** Calls for each file would take longer as promises than the calls themselves; others get a turn in between. */
const CALLS_PER_TURN = 2000;

/**
 * Reads all but the content.
 * @param missing Directories that the tree is to have besides its own.
 */
export async function readSourceTree(directory: string, missing: readonly string[]): Promise<SourceTree> {
  const place = asBytes(directory);
  const known = new Map<string, SourceFile>();
  const top = readFile(place, '', known);
  const files = [top];
  const directories = [top];
  for (let next = directories.pop(); next !== undefined; next = directories.pop()) {
    for (const name of readdirSync(pathIn(place, next.path), 'latin1').sort()) {
      const path = next.path === '' ? name : `${next.path}/${name}`;
      const file = readFile(place, path, known);
      next.entries.push({ name, file });
      file.names++;
      if (file.path !== path) continue;
      files.push(file);
      if (file.kind === 'directory') directories.push(file);
      if (files.length % CALLS_PER_TURN === 0) await nextTurn();
    }
  }
  for (const path of missing) addDirectories(files, asBytes(path), newestTime(files));
  return { directory: place, top, files };
}

/** In seconds; what is newer than now does not count, so that the same tree always gives the same. */
export function newestSecond({ files }: SourceTree, now: number): number {
  const past = BigInt(now) * 1_000_000n;
  const known = files.filter(({ mtimeNanoseconds }) => mtimeNanoseconds <= past);
  return Math.max(1, Number(newestTime(known) / 1_000_000_000n));
}

const newestTime = (files: readonly SourceFile[]): bigint =>
  files.reduce((newest, { mtimeNanoseconds }) => (mtimeNanoseconds > newest ? mtimeNanoseconds : newest), 0n);

export const asBytes = (text: string): string => Buffer.from(text).toString('latin1');

/** For calls to the system. */
export const pathIn = (directory: string, path: string): Buffer =>
  Buffer.from(path === '' ? directory : `${directory}/${path}`, 'latin1');

function readFile(directory: string, path: string, known: Map<string, SourceFile>): SourceFile {
  const at = pathIn(directory, path);
  const stats = lstatSync(at, { bigint: true });
  const kind = kindOf(stats);
  const isLinked = kind !== 'directory' && stats.nlink > 1n;
  const identity = isLinked ? `${stats.dev}:${stats.ino}` : '';
  const same = isLinked ? known.get(identity) : undefined;
  if (same !== undefined && same.names < MOST_LINKS) return same;
  const target = kind === 'symlink' ? readlinkSync(at, 'latin1') : '';
  const file = fromStats(stats, { path, kind, target });
  if (isLinked) known.set(identity, file);
  return file;
}

/** What ext4 can count; a file with more names becomes several. */
const MOST_LINKS = 65000;

function fromStats(
  stats: BigIntStats,
  { path, kind, target }: Pick<SourceFile, 'path' | 'kind' | 'target'>,
): SourceFile {
  const size = kind === 'symlink' ? target.length : Number(stats.size);
  return {
    path,
    kind,
    target,
    size,
    mode: Number(stats.mode),
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    mtimeNanoseconds: stats.mtimeNs,
    allocated: Number(stats.blocks) * 512,
    device: splitDevice(stats.rdev),
    entries: [],
    names: 0,
  };
}

function kindOf(stats: BigIntStats): FileKind {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'directory';
  if (stats.isSymbolicLink()) return 'symlink';
  if (stats.isCharacterDevice()) return 'character';
  if (stats.isBlockDevice()) return 'block';
  return stats.isFIFO() ? 'fifo' : 'socket';
}

/** Source: makedev(3) of glibc. */
function splitDevice(device: bigint): readonly [number, number] {
  const major = ((device >> 8n) & 0xfffn) | ((device >> 32n) & ~0xfffn);
  const minor = (device & 0xffn) | ((device >> 12n) & ~0xffn);
  return [Number(major & 0xffffffffn), Number(minor & 0xffffffffn)];
}

/** `boot/efi` takes `boot` as well, which may be there. */
function addDirectories(files: SourceFile[], path: string, mtimeNanoseconds: bigint): void {
  let parent = files[0];
  const parts = path.split('/');
  parts.forEach((name, index) => {
    if (parent === undefined) return;
    const found = parent.entries.find((entry) => entry.name === name);
    const file = found?.file ?? emptyDirectory(parts.slice(0, index + 1).join('/'), mtimeNanoseconds);
    if (found === undefined) {
      parent.entries.push({ name, file });
      parent.entries.sort((a, b) => (a.name < b.name ? -1 : 1));
      files.push(file);
    }
    parent = file;
  });
}

const emptyDirectory = (path: string, mtimeNanoseconds: bigint): SourceFile => ({
  path,
  kind: 'directory',
  mode: 0o40755,
  uid: 0,
  gid: 0,
  size: 0,
  mtimeNanoseconds,
  allocated: 0,
  device: [0, 0],
  target: '',
  entries: [],
  names: 1,
});
