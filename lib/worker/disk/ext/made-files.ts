// SPDX-License-Identifier: Apache-2.0
import type { Run } from './block-usage.ts';
import { readDirectoryBlock } from './directory-blocks.ts';
import type { Group } from './group-descriptors.ts';
import { INODES_UNINITIALISED } from './group-descriptors.ts';
import { EXTENTS, OLD_INODE_BYTES, PLACE_AT, PLACE_BYTES } from './inode.ts';
import type { RawBlocks } from './raw-blocks.ts';
import { readBlock, readBytes } from './raw-blocks.ts';
import type { ExtShape } from './super-block.ts';

/** What mke2fs has put into an empty file system. */
export type MadeFiles = {
  readonly topBlocks: readonly Run[];
  /** Null: it made none. */
  readonly lostAndFound: { readonly number: number; readonly blocks: readonly Run[] } | null;
  /** All from here on are free. */
  readonly firstFreeInode: number;
};

export const TOP_NUMBER = 2;
export const LOST_AND_FOUND = 'lost+found';

/** Null when it is not what mke2fs is known to leave. */
export async function readMadeFiles(
  raw: RawBlocks,
  shape: ExtShape,
  groups: readonly Group[],
): Promise<MadeFiles | null> {
  const [first, ...others] = groups;
  if (first === undefined || (first.flags & INODES_UNINITIALISED) !== 0) return null;
  if (others.some(({ freeInodes }) => freeInodes !== shape.inodesPerGroup)) return null;
  const table = first.inodeTable * shape.blockSize;
  const blocksOf = async (number: number): Promise<readonly Run[] | null> =>
    leafRuns(await readBytes(raw, table + (number - 1) * shape.inodeSize, OLD_INODE_BYTES));
  const topBlocks = await blocksOf(TOP_NUMBER);
  const firstFreeInode = await findFirstFree(raw, shape, first);
  if (topBlocks === null || firstFreeInode === null) return null;
  const names = readDirectoryBlock(await readBlock(raw, topBlocks[0]?.start ?? 0));
  const number = names.get(LOST_AND_FOUND);
  if (number === undefined) return { topBlocks, lostAndFound: null, firstFreeInode };
  const blocks = await blocksOf(number);
  return blocks === null ? null : { topBlocks, lostAndFound: { number, blocks }, firstFreeInode };
}

async function findFirstFree(raw: RawBlocks, shape: ExtShape, group: Group): Promise<number | null> {
  const bitmap = await readBlock(raw, group.inodeBitmap);
  const used = shape.inodesPerGroup - group.freeInodes;
  for (let bit = 0; bit < shape.inodesPerGroup; bit++) {
    const isUsed = ((bitmap[bit >> 3] ?? 0) & (1 << (bit & 7))) !== 0;
    if (isUsed !== bit < used) return null;
  }
  return used + 1;
}

/** Of an inode that needs no other block to say where its own are. */
function leafRuns(inode: Buffer): readonly Run[] | null {
  const hasExtents = (inode.readUInt32LE(0x20) & EXTENTS) !== 0;
  const place = inode.subarray(PLACE_AT, PLACE_AT + PLACE_BYTES);
  if (!hasExtents) {
    const pointers = Array.from({ length: PLACE_BYTES / 4 }, (_, index) => place.readUInt32LE(4 * index));
    if (pointers.slice(12).some((pointer) => pointer !== 0)) return null;
    return pointers.filter((pointer) => pointer !== 0).map((start) => ({ start, count: 1 }));
  }
  if (place.readUInt16LE(6) !== 0) return null;
  return Array.from({ length: place.readUInt16LE(2) }, (_, index) => {
    const record = place.subarray(12 * (index + 1));
    const start = record.readUInt16LE(6) * 2 ** 32 + record.readUInt32LE(8);
    return { start, count: record.readUInt16LE(4) };
  });
}
