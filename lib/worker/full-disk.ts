// SPDX-License-Identifier: Apache-2.0
import { statfs } from 'node:fs/promises';
import type { HostPath } from '../model/brands.ts';
import { MiB } from '../model/brands.ts';
import { BuildFailure } from '../model/failure.ts';

/**
 * Puts a full disk in the place of what it made a step fail with: programs say it in many ways, or not at all.
 * To be asked before anything is cleaned up. @param paths Where the step wrote.
 */
export async function blameFullDisk(
  error: unknown,
  paths: readonly HostPath[],
  doing: string,
): Promise<unknown> {
  for (const path of paths) {
    if (await isFull(path)) return new BuildFailure({ kind: 'no-space', path, doing });
  }
  return error;
}

/** Too little for a program to have gone on with. */
const LITTLE_BYTES = MiB / 4;

async function isFull(path: HostPath): Promise<boolean> {
  const { bavail, bsize, ffree, files } = await statfs(path);
  return bavail * bsize < LITTLE_BYTES || (files > 0 && ffree === 0);
}
