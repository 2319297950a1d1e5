// SPDX-License-Identifier: Apache-2.0
import type { TargetPath } from '../../model/brands.ts';
import { bytes, KiB } from '../../model/brands.ts';
import type { ContentMeasure } from '../../model/layout.ts';
import type { SourceFile, SourceTree } from './ext/source-tree.ts';
import { asBytes } from './ext/source-tree.ts';

/** What each mounted file system will have to hold of a tree. Of a file with several names the first one counts. */
export function measureTree(
  { top }: SourceTree,
  mountPoints: readonly TargetPath[],
): readonly ContentMeasure[] {
  const tallies = new Map(mountPoints.map((mountPoint) => [asBytes(mountPoint), { ...emptyTally }]));
  const seen = new Set<SourceFile>();
  const look = (directory: SourceFile, path: string, outer: Tally): void => {
    const tally = tallies.get(path === '' ? '/' : path) ?? outer;
    count(tally, directory);
    for (const { name, file } of directory.entries) {
      if (file.kind === 'directory') look(file, `${path}/${name}`, tally);
      else if (!seen.has(file)) {
        count(tally, file);
        if (file.names > 1) seen.add(file);
      }
    }
  };
  look(top, '', { ...emptyTally });
  return mountPoints.map((mountPoint) => {
    const { inodes, directories, fileBytes, directoryBytes } = tallies.get(asBytes(mountPoint)) ?? emptyTally;
    return {
      mountPoint,
      inodes,
      directories,
      fileBytes: bytes(fileBytes),
      directoryBytes: bytes(directoryBytes),
    };
  });
}

type Tally = { inodes: number; directories: number; fileBytes: number; directoryBytes: number };

const emptyTally: Readonly<Tally> = { inodes: 0, directories: 0, fileBytes: 0, directoryBytes: 0 };

function count(tally: Tally, file: SourceFile): void {
  tally.inodes += 1;
  if (file.kind === 'directory') {
    tally.directories += 1;
    tally.directoryBytes += directorySize(file);
  } else tally.fileBytes += contentSize(file);
}

/** Holes are not counted; links of up to 59 bytes live in the inode. */
function contentSize({ kind, size, allocated }: SourceFile): number {
  if (kind === 'symlink') return size < 60 ? 0 : 4 * KiB;
  if (kind !== 'file') return 0;
  return Math.min(roundUp(size, 4 * KiB), Math.max(roundUp(allocated, 4 * KiB), size > 0 ? 4 * KiB : 0));
}

/** Blocks are not filled to the last byte: an entry is never split, and each block ends in a checksum. */
const USED_PER_BLOCK = 4000;

/** An entry takes eight bytes and its name, rounded up to four. */
function directorySize({ entries }: SourceFile): number {
  const taken = entries.reduce((sum, { name }) => sum + 8 + roundUp(name.length, 4), 24);
  return Math.ceil(taken / USED_PER_BLOCK) * 4 * KiB;
}

const roundUp = (value: number, unit: number): number => Math.ceil(value / unit) * unit;
