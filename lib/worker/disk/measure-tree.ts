// SPDX-License-Identifier: Apache-2.0
import { dirname } from 'node:path';
import type { HostPath, TargetPath } from '../../model/brands.ts';
import { bytes, KiB } from '../../model/brands.ts';
import type { ContentMeasure } from '../../model/layout.ts';
import type { WorkerContext } from '../context.ts';
import { runToolQuietly } from '../run-tool-quietly.ts';

const LISTING_FORMAT = String.raw`%y\t%n\t%D:%i\t%b\t%s\t%P\0`;

/** What each mounted file system will have to hold. The tree is walked once. */
export async function measureTree(
  context: WorkerContext,
  tree: HostPath,
  mountPoints: readonly TargetPath[],
): Promise<readonly ContentMeasure[]> {
  const argv = ['find', tree, '-xdev', '-printf', LISTING_FORMAT] as const;
  const { stdout } = await runToolQuietly(context, 'measuring the tree', { argv });
  return measureListing(stdout, mountPoints);
}

type Tally = { inodes: number; directories: number; fileBytes: number };

/** @param listing Lines of `find -printf` in the format above, each ended by a NUL. */
export function measureListing(
  listing: string,
  mountPoints: readonly TargetPath[],
): readonly ContentMeasure[] {
  const tallies = new Map(
    mountPoints.map((mountPoint) => [mountPoint, { inodes: 0, directories: 0, fileBytes: 0 }]),
  );
  const nearestFirst = [...mountPoints].sort((a, b) => b.length - a.length);
  const entryBytes = new Map<string, number>();
  const linksSeen = new Set<string>();
  for (const line of listing.split('\0')) {
    const [kind = '', links = '', identity = '', blocks = '', size = '', ...name] = line.split('\t');
    if (kind === '') continue;
    const path = `/${name.join('\t')}`;
    const tally = tallies.get(holderOf(path, nearestFirst));
    noteEntry(entryBytes, path, kind);
    if (tally === undefined || (kind !== 'd' && Number(links) > 1 && seenBefore(linksSeen, identity)))
      continue;
    tally.inodes += 1;
    if (kind === 'd') tally.directories += 1;
    else tally.fileBytes += contentSize(kind, Number(size), Number(blocks) * 512);
  }
  return mountPoints.map((mountPoint) => {
    const { inodes, directories, fileBytes } = tallies.get(mountPoint) ?? emptyTally;
    const directoryBytes = directorySizes(entryBytes, (path) => holderOf(path, nearestFirst) === mountPoint);
    return {
      mountPoint,
      inodes,
      directories,
      fileBytes: bytes(fileBytes),
      directoryBytes: bytes(directoryBytes),
    };
  });
}

const emptyTally: Tally = { inodes: 0, directories: 0, fileBytes: 0 };

function holderOf(path: string, nearestFirst: readonly TargetPath[]): TargetPath {
  const holder = nearestFirst.find(
    (mountPoint) => mountPoint === '/' || path === mountPoint || path.startsWith(`${mountPoint}/`),
  );
  return holder ?? ('' as TargetPath);
}

/** An entry takes eight bytes and its name, rounded up to four, in the directory that holds it. */
function noteEntry(entryBytes: Map<string, number>, path: string, kind: string): void {
  if (kind === 'd') entryBytes.set(path, (entryBytes.get(path) ?? 0) + 24);
  if (path === '/') return;
  const parent = dirname(path);
  const name = path.slice(parent === '/' ? 1 : parent.length + 1);
  entryBytes.set(parent, (entryBytes.get(parent) ?? 0) + 8 + roundUp(Buffer.byteLength(name), 4));
}

function seenBefore(seen: Set<string>, identity: string): boolean {
  if (seen.has(identity)) return true;
  seen.add(identity);
  return false;
}

/** Holes are not counted; links of up to 59 bytes live in the inode. */
function contentSize(kind: string, size: number, allocated: number): number {
  if (kind === 'l') return size < 60 ? 0 : 4 * KiB;
  if (kind !== 'f') return 0;
  return Math.min(roundUp(size, 4 * KiB), Math.max(roundUp(allocated, 4 * KiB), size > 0 ? 4 * KiB : 0));
}

/** Blocks are not filled to the last byte: an entry is never split, and each block ends in a checksum. */
const USED_PER_BLOCK = 4000;

function directorySizes(
  entryBytes: ReadonlyMap<string, number>,
  isCounted: (path: string) => boolean,
): number {
  let total = 0;
  for (const [path, size] of entryBytes) {
    if (isCounted(path)) total += Math.ceil(size / USED_PER_BLOCK) * 4 * KiB;
  }
  return total;
}

const roundUp = (value: number, unit: number): number => Math.ceil(value / unit) * unit;
