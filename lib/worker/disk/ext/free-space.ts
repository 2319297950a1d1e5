// SPDX-License-Identifier: Apache-2.0
import type { Run } from './block-usage.ts';

/** The file system has no room for what the tree holds. */
export class FileSystemFull extends Error {}

/** Hands out free blocks from the first to the last; what was passed over is not come back to. */
export type FreeSpace = {
  /** @throws FileSystemFull */
  readonly take: (blocks: number) => readonly Run[];
  /** Goes on to where a cluster of the disk begins. */
  readonly align: () => void;
};

/** What images are compressed in pieces of, and so what has to stay together: 64 KiB. */
export const CLUSTER_BYTES = 65536;

export type Alignment = {
  /** In blocks; 1: blocks are given out without gaps. */
  readonly unit: number;
  /** The first block that is at the beginning of a unit. */
  readonly first: number;
};

/** A unit is a cluster of the disk, which the file system need not begin with. */
export function clusterAlignment(offset: number, blockSize: number): Alignment {
  const unit = CLUSTER_BYTES / blockSize;
  const inside = offset % CLUSTER_BYTES;
  const isReachable = inside % blockSize === 0;
  return { unit, first: isReachable ? (unit - inside / blockSize) % unit : 0 };
}

export const withoutGaps: Alignment = { unit: 1, first: 0 };

/**
 * Where free space is interrupted, it is left at a place in a cluster and entered at the same place in another one,
 * so that what is written through it comes in the same clusters wherever the interruption is.
 */
export function openFreeSpace(runs: readonly Run[], { unit, first }: Alignment): FreeSpace {
  let next = 0;
  let at = 0;
  let end = 0;
  const placeIn = (block: number): number => (((block - first) % unit) + unit) % unit;
  const enterNext = (place: number): void => {
    const run = runs[next++];
    if (run === undefined) throw new FileSystemFull();
    at = run.start + ((place - placeIn(run.start) + unit) % unit);
    end = run.start + run.count;
  };
  const take = (blocks: number): readonly Run[] => {
    const taken: Run[] = [];
    for (let left = blocks; left > 0;) {
      while (at >= end) enterNext(placeIn(at));
      const count = Math.min(left, end - at);
      taken.push({ start: at, count });
      at += count;
      left -= count;
    }
    return taken;
  };
  const align = (): void => {
    at += (unit - placeIn(at)) % unit;
  };
  return { take, align };
}
