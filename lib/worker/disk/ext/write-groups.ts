// SPDX-License-Identifier: Apache-2.0
import type { BlockUsage } from './block-usage.ts';
import { bitmapOf, freeBlocksOf } from './block-usage.ts';
import { crc32c } from './checksum.ts';
import type { Group } from './group-descriptors.ts';
import { BLOCKS_UNINITIALISED, INODES_UNINITIALISED } from './group-descriptors.ts';
import type { RawBlocks } from './raw-blocks.ts';
import { readBlock, readBytes, writeBlock, writeBytes } from './raw-blocks.ts';
import type { ExtShape } from './super-block.ts';
import type { InodeRecord } from './write-metadata.ts';

/** Bitmaps of blocks where anything was taken, and their counts. */
export async function writeBlockBitmaps(
  raw: RawBlocks,
  usage: BlockUsage,
  groups: readonly Group[],
): Promise<void> {
  const { shape } = usage;
  for (const group of groups) {
    const free = freeBlocksOf(usage, group.number);
    if ((group.flags & BLOCKS_UNINITIALISED) !== 0 && free === group.freeBlocks) continue;
    const bitmap = bitmapOf(usage, group.number);
    await writeBlock(raw, group.blockBitmap, bitmap);
    group.freeBlocks = free;
    group.flags &= ~BLOCKS_UNINITIALISED;
    const checked = bitmap.subarray(0, shape.blocksPerGroup / 8);
    if (shape.has.checksums) group.blockBitmapChecksum = crc32c(shape.seed, checked);
  }
}

/** Puts inodes into their tables and bitmaps. @param inodes In order of their numbers. */
export async function writeInodes(
  raw: RawBlocks,
  { shape, groups }: { readonly shape: ExtShape; readonly groups: readonly Group[] },
  inodes: readonly InodeRecord[],
): Promise<void> {
  let first = 0;
  for (const group of groups) {
    const start = group.number * shape.inodesPerGroup + 1;
    let end = first;
    while (end < inodes.length && (inodes[end]?.number ?? 0) < start + shape.inodesPerGroup) end++;
    const own = inodes.slice(first, end);
    if (own.length > 0) {
      await writeTable(raw, shape, { group, start, inodes: own });
      await writeInodeBitmap(raw, shape, { group, start, inodes: own });
    }
    first = end;
  }
}

type GroupInodes = {
  readonly group: Group;
  /** The number of its first inode. */
  readonly start: number;
  readonly inodes: readonly InodeRecord[];
};

async function writeTable(
  raw: RawBlocks,
  { inodeSize, blockSize }: ExtShape,
  { group, start, inodes }: GroupInodes,
): Promise<void> {
  const at = group.inodeTable * blockSize;
  const table = await readBytes(raw, at, inodeSize * ((inodes.at(-1)?.number ?? start) - start + 1));
  for (const { number, data } of inodes) table.set(data, (number - start) * inodeSize);
  await writeBytes(raw, at, table);
}

async function writeInodeBitmap(
  raw: RawBlocks,
  shape: ExtShape,
  { group, start, inodes }: GroupInodes,
): Promise<void> {
  const { inodesPerGroup, has } = shape;
  const isNew = (group.flags & INODES_UNINITIALISED) !== 0;
  const bitmap = isNew ? emptyBitmap(shape) : await readBlock(raw, group.inodeBitmap);
  for (const { number, isDirectory } of inodes) {
    const [byte, bit] = [(number - start) >> 3, 1 << ((number - start) & 7)];
    if (((bitmap[byte] ?? 0) & bit) !== 0) continue;
    bitmap[byte] = (bitmap[byte] ?? 0) | bit;
    group.freeInodes--;
    if (isDirectory) group.directories++;
  }
  await writeBlock(raw, group.inodeBitmap, bitmap);
  group.flags &= ~INODES_UNINITIALISED;
  const used = (inodes.at(-1)?.number ?? start) - start + 1;
  if (has.checksums || has.groupChecksums) {
    group.unusedInodes = Math.min(group.unusedInodes, inodesPerGroup - used);
  }
  const checked = bitmap.subarray(0, inodesPerGroup / 8);
  if (has.checksums) group.inodeBitmapChecksum = crc32c(shape.seed, checked);
}

/** Behind the group's inodes are ones. */
function emptyBitmap({ blockSize, inodesPerGroup }: ExtShape): Buffer {
  return Buffer.alloc(blockSize, 0xff).fill(0, 0, inodesPerGroup / 8);
}
