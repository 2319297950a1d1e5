// SPDX-License-Identifier: Apache-2.0
import { readFile, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { GiB, KiB, MiB } from '../model/brands.ts';
import type { BuildPlan } from '../model/plan.ts';

/** What a build takes of memory, its image apart, and of a file system until it has ended. */
const BUILD_NEEDS = { memory: 300 * MiB, disk: 3 * GiB };

/** What this machine has to give at this moment. */
export type Room = {
  readonly cores: number;
  readonly memoryBytes: number;
  /** On the file system with the least. */
  readonly diskBytes: number;
};

export async function measureRoom(plans: readonly BuildPlan[], cores: number): Promise<Room> {
  const memory = await readFile('/proc/meminfo', 'utf8');
  const available = Number(/^MemAvailable:\s+(\d+) kB$/m.exec(memory)?.[1] ?? 0) * KiB;
  const places = new Set(plans.flatMap(placesOf));
  const free = await Promise.all([...places].map(freeBytesAt));
  return {
    cores,
    memoryBytes: Math.min(available, process.constrainedMemory() || Infinity),
    diskBytes: Math.min(...free),
  };
}

/** How many builds may work at the same time, at least one, and why. */
export function buildsAtOnce(room: Room): { readonly count: number; readonly because: string } {
  const forMemory = Math.floor(room.memoryBytes / BUILD_NEEDS.memory);
  const forDisk = Math.floor(room.diskBytes / BUILD_NEEDS.disk);
  return {
    count: Math.max(1, Math.min(room.cores, forMemory, forDisk)),
    because: `${room.cores} cores, memory for ${forMemory}, disk for ${forDisk}`,
  };
}

const placesOf = ({ execution, outputs }: BuildPlan): readonly string[] => [
  execution.store.cacheDirectory,
  ...(execution.temporaryDirectory === null ? [] : [execution.temporaryDirectory]),
  ...outputs.map(({ file }) => dirname(file)),
];

/** Of the nearest directory that exists already. */
async function freeBytesAt(path: string): Promise<number> {
  const found = await statfs(path).catch(() => null);
  if (found !== null) return found.bavail * found.bsize;
  return path === '/' ? Infinity : freeBytesAt(dirname(path));
}
