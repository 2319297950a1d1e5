// SPDX-License-Identifier: Apache-2.0
import { mkdir, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { HostPath } from '../../model/brands.ts';
import { hostPath } from '../../model/brands.ts';
import type { WorkerContext } from '../context.ts';
import { ownOutput } from './own-output.ts';

/** Where an output is written before it gets its name: beside it, hidden, and named after this build. */
export function partFor({ paths }: Pick<WorkerContext, 'paths'>, file: string): HostPath {
  return hostPath(join(dirname(file), `.${basename(file)}.${basename(paths.work)}.part`));
}

/** Makes the directory that the output is to be in. */
export async function makeParent(context: Pick<WorkerContext, 'owner'>, file: HostPath): Promise<void> {
  const made = await mkdir(dirname(file), { recursive: true });
  if (made !== undefined) await ownOutput(context, hostPath(made));
}

/** What `ls -l` says and what is allocated; for a directory, the sum of its files. */
export async function outputSizes(
  path: HostPath,
): Promise<{ readonly bytes: number; readonly allocatedBytes: number }> {
  const stats = await stat(path);
  if (!stats.isDirectory()) return { bytes: stats.size, allocatedBytes: stats.blocks * 512 };
  const total = { bytes: 0, allocatedBytes: 0 };
  for (const entry of await readdir(path, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const { size, blocks } = await stat(join(entry.parentPath, entry.name));
    total.bytes += size;
    total.allocatedBytes += blocks * 512;
  }
  return total;
}
