// SPDX-License-Identifier: Apache-2.0
import type { Group } from './group-descriptors.ts';
import { BLOCKS_UNINITIALISED } from './group-descriptors.ts';
import type { RawBlocks } from './raw-blocks.ts';
import { readBlock } from './raw-blocks.ts';
import type { ExtShape } from './super-block.ts';

/** A bit for each block from the first group on, and behind them ones up to the end of the last group. */
export type BlockUsage = {
  readonly bits: Uint8Array;
  readonly shape: ExtShape;
};

/** Neighbouring blocks. */
export type Run = { readonly start: number; readonly count: number };

/** Which blocks are taken. @returns null when it does not agree with the counts of the groups. */
export async function readBlockUsage(
  raw: RawBlocks,
  shape: ExtShape,
  groups: readonly Group[],
): Promise<BlockUsage | null> {
  const bytesPerGroup = shape.blocksPerGroup / 8;
  const usage = { bits: new Uint8Array(shape.groups * bytesPerGroup), shape };
  for (const group of groups) {
    if ((group.flags & BLOCKS_UNINITIALISED) !== 0) continue;
    const bitmap = await readBlock(raw, group.blockBitmap);
    usage.bits.set(bitmap.subarray(0, bytesPerGroup), group.number * bytesPerGroup);
  }
  for (const group of groups) markOwnBlocks(usage, group);
  const end = shape.firstBlock + shape.groups * shape.blocksPerGroup;
  markUsed(usage, { start: shape.blocks, count: end - shape.blocks });
  return groups.every((group) => freeBlocksOf(usage, group.number) === group.freeBlocks) ? usage : null;
}

/** What mke2fs has put there without saying so in a bitmap. */
function markOwnBlocks(usage: BlockUsage, group: Group): void {
  const { shape } = usage;
  const { firstBlock, blocksPerGroup, descriptorSize, blockSize } = shape;
  if (holdsCopy(shape, group.number)) {
    const descriptors = Math.ceil((shape.groups * descriptorSize) / blockSize);
    const count = 1 + descriptors + shape.reservedDescriptorBlocks;
    markUsed(usage, { start: firstBlock + group.number * blocksPerGroup, count });
  }
  markUsed(usage, { start: group.blockBitmap, count: 1 });
  markUsed(usage, { start: group.inodeBitmap, count: 1 });
  const count = Math.ceil((shape.inodesPerGroup * shape.inodeSize) / blockSize);
  markUsed(usage, { start: group.inodeTable, count });
}

/** Whether a group begins with a super block. */
function holdsCopy({ has }: ExtShape, group: number): boolean {
  if (group <= 1 || !has.sparseSuper) return true;
  return [3, 5, 7].some((base) => {
    let power = base;
    while (power < group) power *= base;
    return power === group;
  });
}

export function markUsed(usage: BlockUsage, run: Run): void {
  forEachByte(usage, run, (place, mask) => {
    usage.bits[place] = (usage.bits[place] ?? 0) | mask;
  });
}

export function markFree(usage: BlockUsage, run: Run): void {
  forEachByte(usage, run, (place, mask) => {
    usage.bits[place] = (usage.bits[place] ?? 0) & ~mask;
  });
}

function forEachByte(
  { shape }: BlockUsage,
  { start, count }: Run,
  change: (place: number, mask: number) => void,
): void {
  const end = start - shape.firstBlock + count;
  for (let bit = start - shape.firstBlock; bit < end;) {
    const first = bit % 8;
    const bits = Math.min(8 - first, end - bit);
    change(Math.floor(bit / 8), ((1 << bits) - 1) << first);
    bit += bits;
  }
}

/** The bitmap of a group, a block of it: behind the group's blocks are ones. */
export function bitmapOf({ bits, shape }: BlockUsage, group: number): Buffer {
  const bytesPerGroup = shape.blocksPerGroup / 8;
  const bitmap = Buffer.alloc(shape.blockSize, 0xff);
  bitmap.set(bits.subarray(group * bytesPerGroup, (group + 1) * bytesPerGroup));
  return bitmap;
}

export function freeBlocksOf({ bits, shape }: BlockUsage, group: number): number {
  const bytesPerGroup = shape.blocksPerGroup / 8;
  const own = bits.subarray(group * bytesPerGroup, (group + 1) * bytesPerGroup);
  return own.reduce((sum, byte) => sum + (zeroBits[byte] ?? 0), 0);
}

const zeroBits = Array.from({ length: 256 }, (_, byte) => {
  let zeros = 8;
  for (let rest = byte; rest > 0; rest >>= 1) zeros -= rest & 1;
  return zeros;
});

/** All that is free, in order. */
export function freeRuns({ bits, shape }: BlockUsage): readonly Run[] {
  const runs: Run[] = [];
  let start = -1;
  const look = (bit: number, isUsed: boolean): void => {
    if (!isUsed && start < 0) start = bit;
    if (!isUsed || start < 0) return;
    runs.push({ start: shape.firstBlock + start, count: bit - start });
    start = -1;
  };
  bits.forEach((byte, place) => {
    if (byte === (start < 0 ? 0xff : 0)) return;
    for (let bit = 0; bit < 8; bit++) look(place * 8 + bit, (byte & (1 << bit)) !== 0);
  });
  look(bits.length * 8, true);
  return runs;
}
