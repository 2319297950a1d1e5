// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { GiB, KiB } from '../../model/brands.ts';
import type { ContentMeasure } from '../../model/layout.ts';
import type { BuildPlan } from '../../model/plan.ts';
import { mount } from '../tree/api-mounts.ts';
import type { WorkerContext } from '../context.ts';

/** Tables, journals and what a file system adds to its content, generously. */
const OVERHEAD = { factor: 1.25, bytes: 0.25 * GiB };

/**
 * Puts a tmpfs under the raw image when it fits into free memory with DIB_MIN_TMPFS to spare: making and reading it
 * then waits for no disk. Not when the raw image is an output itself, since that would have to be copied out again.
 */
export async function keepImageInMemory(
  context: WorkerContext,
  contents: readonly ContentMeasure[],
): Promise<void> {
  const room = roomInMemory(context.plan, contents, await readFile('/proc/meminfo', 'utf8'));
  if (room === null && isWanted(context.plan))
    context.report({ kind: 'circumstance', what: 'image-on-disk' });
  if (room === null) return;
  const { image } = context.paths;
  await mount(context, ['-t', 'tmpfs', '-o', `mode=755,size=${room}`, 'image', image], image);
}

/** How much memory the image may take, in bytes; null: it belongs on disk. @param memory Text of /proc/meminfo. */
export function roomInMemory(
  plan: Pick<BuildPlan, 'execution' | 'outputs'>,
  contents: readonly ContentMeasure[],
  memory: string,
): number | null {
  if (!isWanted(plan)) return null;
  const content = contents.reduce(
    (sum, { fileBytes, directoryBytes }) => sum + fileBytes + directoryBytes,
    0,
  );
  const available = Number(/^MemAvailable:\s+(\d+) kB$/m.exec(memory)?.[1] ?? 0) * KiB;
  const room = available - plan.execution.store.minTmpfs;
  return room >= content * OVERHEAD.factor + OVERHEAD.bytes ? room : null;
}

const isWanted = ({ execution, outputs }: Pick<BuildPlan, 'execution' | 'outputs'>): boolean =>
  execution.store.tmpfs &&
  execution.temporaryDirectory === null &&
  outputs.every(({ recipe }) => recipe.kind !== 'raw');
