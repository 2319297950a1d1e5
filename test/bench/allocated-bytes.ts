// SPDX-License-Identifier: Apache-2.0
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** What the files below a directory take on disk, each inode once; 0 when there is no such directory. */
export function allocatedBytes(directory: string): number {
  const seen = new Map<string, number>();
  addBelow(directory, seen);
  return [...seen.values()].reduce((sum, size) => sum + size, 0);
}

function addBelow(path: string, seen: Map<string, number>): void {
  const status = lstatSync(path, { throwIfNoEntry: false });
  if (status === undefined) return;
  seen.set(`${status.dev}:${status.ino}`, status.blocks * 512);
  if (!status.isDirectory()) return;
  for (const name of readdirSync(path)) addBelow(join(path, name), seen);
}
