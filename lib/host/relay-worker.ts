// SPDX-License-Identifier: Apache-2.0
import { availableParallelism } from 'node:os';
import { createInterface } from 'node:readline';
import type { BuildEvent } from '../model/event.ts';
import type { BuildPlan } from '../model/plan.ts';
import { runWorker } from './launch-worker.ts';
import type { WorkerOrder } from './launch-worker.ts';

/**
 * What `sudo` starts: reads the order from standard input, runs the worker as root, passes its events on.
 * The end of the input stops it, so it cannot outlive the command that asked for it.
 * @returns the plan that was carried out; null when none came.
 */
export async function relayWorker(
  input: NodeJS.ReadableStream,
  onEvent: (event: BuildEvent) => void,
): Promise<BuildPlan | null> {
  const stopping = new AbortController();
  const lines = createInterface({ input });
  const order = await new Promise<WorkerOrder | null>((resolve) => {
    lines.once('line', (line) => resolve(JSON.parse(line) as WorkerOrder));
    lines.once('close', () => {
      stopping.abort();
      resolve(null);
    });
  });
  if (order === null) return null;
  const cores = availableParallelism();
  const { plan, isProfiled } = order;
  await runWorker({ plan, isolation: 'root', cores, isProfiled, onEvent, stop: stopping.signal });
  lines.close();
  return plan;
}
