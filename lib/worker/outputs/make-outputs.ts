// SPDX-License-Identifier: Apache-2.0
import { availableParallelism } from 'node:os';
import type { PlannedOutput } from '../../model/plan.ts';
import type { WorkerContext } from '../context.ts';
import { onTrack } from '../measure.ts';
import { makeOutput } from './make-output.ts';
import type { OutputSources } from './output-job.ts';
import { withScope } from '../scope.ts';
import type { Shelf } from './shelf.ts';
import { noShelf } from './shelf.ts';

/**
 * Makes every output of the plan beside its place and renames it there. Those that do not depend on each other are
 * made at once, as many as there are cores. Those that run hooks come before; the raw image gets its place last, since
 * it is moved rather than copied.
 */
export async function makeOutputs(
  context: WorkerContext,
  sources: OutputSources,
  shelf: Shelf = noShelf,
): Promise<void> {
  const { outputs } = context.plan;
  if (outputs.length === 0) return;
  const startedAt = Date.now();
  context.report({ kind: 'phase-started', phase: 'outputs' });
  const isLast = (output: PlannedOutput): boolean => output.recipe.kind === 'raw';
  const warn = (text: string): void => context.report({ kind: 'warning', text });
  await withScope(warn, async (scope) => {
    const makeWhen =
      (diskIsFree: Promise<void>) =>
      (output: PlannedOutput, signal: AbortSignal): Promise<void> =>
        makeOutput(onTrack(context, output.file), { output, sources, shelf, scope, signal, diskIsFree });
    const others = outputs.filter((output) => !isLast(output) && !runsHooks(output));
    const makeAtOnce = makeWhen(Promise.resolve());
    for (const output of outputs.filter(runsHooks)) await allAtOnce(context.stop, [output], makeAtOnce);
    const made = allAtOnce(context.stop, others, makeAtOnce);
    const moved = allAtOnce(context.stop, outputs.filter(isLast), makeWhen(made));
    await Promise.allSettled([made, moved]);
    await made;
    await moved;
  });
  context.report({ kind: 'phase-finished', phase: 'outputs', milliseconds: Date.now() - startedAt });
}

/** When a hook is done, every process beside the worker is ended: nothing else may be made meanwhile. */
const runsHooks = ({ recipe }: PlannedOutput): boolean => recipe.kind === 'initramfs';

/**
 * Works through the items, as many at once as there are cores. The first failure stops the others, and is
 * thrown when all of them have ended.
 */
async function allAtOnce<T>(
  stop: AbortSignal,
  items: readonly T[],
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const giveUp = new AbortController();
  const signal = AbortSignal.any([stop, giveUp.signal]);
  const waiting = [...items];
  const errors: unknown[] = [];
  const worker = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined && !signal.aborted; item = waiting.shift()) {
      await work(item, signal).catch((error: unknown) => {
        errors.push(error);
        giveUp.abort();
      });
    }
  };
  await Promise.all(Array.from({ length: Math.min(items.length, availableParallelism()) }, worker));
  if (errors.length > 0) throw errors[0];
  stop.throwIfAborted();
}
