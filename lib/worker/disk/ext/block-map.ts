// SPDX-License-Identifier: Apache-2.0
import type { Extent, ExtentBlock, ExtentTree } from './extents.ts';
import { encodeExtents, extentBlocksNeeded } from './extents.ts';
import { PLACE_BYTES } from './inode.ts';
import type { ExtShape } from './super-block.ts';

/** How many blocks it takes, besides the inode, to say where a file is. */
export function mapBlocksNeeded(extents: readonly Extent[], { blockSize, has }: ExtShape): number {
  if (has.extents) return extentBlocksNeeded(extents.length, blockSize);
  let needed = 0;
  encodePointers(extents, blockSize, () => needed++);
  return needed;
}

/** Where a file is: as extents, or the way ext2 and ext3 have it. @param own Free blocks, as many as are needed. */
export function encodeMap(
  extents: readonly Extent[],
  shape: ExtShape,
  own: { readonly places: readonly number[]; readonly inodeSeed: number },
): ExtentTree {
  if (shape.has.extents) return encodeExtents(extents, shape, own);
  let used = 0;
  return encodePointers(extents, shape.blockSize, () => own.places[used++] ?? 0);
}

const DIRECT_POINTERS = 12;
const POINTER = 4;

type Mapping = readonly (readonly [logical: number, physical: number])[];

/** Twelve pointers to blocks, then one each to a block of pointers, of pointers to such, and once more so. */
function encodePointers(extents: readonly Extent[], blockSize: number, newBlock: () => number): ExtentTree {
  const root = Buffer.allocUnsafe(PLACE_BYTES).fill(0);
  const blocks: ExtentBlock[] = [];
  const perBlock = blockSize / POINTER;
  const all: Mapping = extents.flatMap(({ logical, physical, count }) =>
    Array.from({ length: count }, (_, index) => [logical + index, physical + index] as const),
  );
  const encodeLevel = (mapping: Mapping, depth: number, start: number): number => {
    const block = newBlock();
    const data = Buffer.alloc(blockSize);
    const covered = perBlock ** (depth - 1);
    for (const [slot, inside] of bySlot(mapping, start, covered)) {
      const pointer =
        depth === 1 ? (inside[0]?.[1] ?? 0) : encodeLevel(inside, depth - 1, start + slot * covered);
      data.writeUInt32LE(pointer, slot * POINTER);
    }
    blocks.push({ block, data });
    return block;
  };
  for (const [logical, physical] of all) {
    if (logical < DIRECT_POINTERS) root.writeUInt32LE(physical, logical * POINTER);
  }
  let start = DIRECT_POINTERS;
  for (const depth of [1, 2, 3]) {
    const end = start + perBlock ** depth;
    const inside = all.filter(([logical]) => logical >= start && logical < end);
    const slot = DIRECT_POINTERS + depth - 1;
    if (inside.length > 0) root.writeUInt32LE(encodeLevel(inside, depth, start), slot * POINTER);
    start = end;
  }
  return { root, blocks };
}

/** What each pointer of a block leads to. */
function bySlot(mapping: Mapping, start: number, covered: number): ReadonlyMap<number, Mapping> {
  const slots = new Map<number, (readonly [number, number])[]>();
  for (const pair of mapping) {
    const slot = Math.floor((pair[0] - start) / covered);
    const inside = slots.get(slot);
    if (inside === undefined) slots.set(slot, [pair]);
    else inside.push(pair);
  }
  return slots;
}
