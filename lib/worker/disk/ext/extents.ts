// SPDX-License-Identifier: Apache-2.0
import { crc32c } from './checksum.ts';
import type { ExtShape } from './super-block.ts';

/** Blocks of a file that are neighbours on the disk as well. */
export type Extent = {
  /** Counts blocks of the file. */
  readonly logical: number;
  readonly physical: number;
  readonly count: number;
};

/** A block of the tree of extents, to be written where it says. */
export type ExtentBlock = { readonly block: number; readonly data: Buffer };

export type ExtentTree = {
  /** The 60 bytes in the inode. */
  readonly root: Buffer;
  readonly blocks: readonly ExtentBlock[];
};

/** More would count as not initialised. */
export const MOST_BLOCKS_OF_EXTENT = 32768;

const MAGIC = 0xf30a;
const RECORD = 12;
const ROOT_BYTES = 60;
const ROOT_RECORDS = 4;

const recordsPerBlock = (blockSize: number): number => Math.floor((blockSize - RECORD) / RECORD);

/** How many blocks the tree of so many extents takes besides the inode. */
export function extentBlocksNeeded(extents: number, blockSize: number): number {
  let needed = 0;
  for (let level = extents; level > ROOT_RECORDS;) {
    level = Math.ceil(level / recordsPerBlock(blockSize));
    needed += level;
  }
  return needed;
}

/** A record of one level: an extent, or the beginning of what the block below covers. */
type ExtentRecord = {
  readonly logical: number;
  readonly physical: number;
  /** Null: of an index. */
  readonly count: number | null;
};

/**
 * @param places Free blocks, as many as are needed.
 * @param inodeSeed What checksums of the inode's blocks start from.
 */
export function encodeExtents(
  extents: readonly Extent[],
  { blockSize, has }: ExtShape,
  { places, inodeSeed }: { readonly places: readonly number[]; readonly inodeSeed: number },
): ExtentTree {
  const blocks: ExtentBlock[] = [];
  const perBlock = recordsPerBlock(blockSize);
  let level: readonly ExtentRecord[] = extents;
  let depth = 0;
  while (level.length > ROOT_RECORDS) {
    const above: ExtentRecord[] = [];
    for (let first = 0; first < level.length; first += perBlock) {
      const block = places[blocks.length];
      if (block === undefined) throw new Error('a tree of extents has less blocks than it needs');
      const records = level.slice(first, first + perBlock);
      const data = Buffer.alloc(blockSize);
      fillNode(data, { records, most: perBlock, depth });
      const checked = RECORD * (1 + perBlock);
      if (has.checksums) data.writeUInt32LE(crc32c(inodeSeed, data.subarray(0, checked)), checked);
      blocks.push({ block, data });
      above.push({ logical: records[0]?.logical ?? 0, physical: block, count: null });
    }
    level = above;
    depth++;
  }
  const root = Buffer.allocUnsafe(ROOT_BYTES).fill(0);
  fillNode(root, { records: level, most: ROOT_RECORDS, depth });
  return { root, blocks };
}

function fillNode(
  data: Buffer,
  node: { readonly records: readonly ExtentRecord[]; readonly most: number; readonly depth: number },
): void {
  data.writeUInt16LE(MAGIC, 0);
  data.writeUInt16LE(node.records.length, 2);
  data.writeUInt16LE(node.most, 4);
  data.writeUInt16LE(node.depth, 6);
  node.records.forEach((record, index) => writeRecord(data, RECORD * (index + 1), record));
}

function writeRecord(data: Buffer, at: number, { logical, physical, count }: ExtentRecord): void {
  const [low, high] = [physical % 2 ** 32, Math.floor(physical / 2 ** 32)];
  data.writeUInt32LE(logical, at);
  data.writeUInt32LE(low, at + (count === null ? 4 : 8));
  if (count !== null) data.writeUInt16LE(count, at + 4);
  data.writeUInt16LE(high, at + (count === null ? 8 : 6));
}
