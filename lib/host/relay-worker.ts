// SPDX-License-Identifier: Apache-2.0
import { availableParallelism } from 'node:os';
import { createInterface } from 'node:readline';
import type { BuildEvent, TurnWanted } from '../model/event.ts';
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
  say: (word: BuildEvent | TurnWanted) => void,
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
  const awaitTurn = async (): Promise<void> => {
    say({ kind: 'turn-wanted' });
    await new Promise((resolve) => lines.once('line', resolve));
  };
  const { plan, isProfiled } = order;
  await runWorker({
    plan,
    isProfiled,
    isolation: 'root',
    cores: availableParallelism(),
    onEvent: say,
    stop: stopping.signal,
    ...(order.sharesTurns ? { awaitTurn } : {}),
  });
  lines.close();
  return plan;
}
