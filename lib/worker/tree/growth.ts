// SPDX-License-Identifier: Apache-2.0
import type { NamedPrograms } from '../../host/named-programs.ts';
import type { PhaseName } from '../../model/phases.ts';
import type { ApiMounts } from './api-mounts.ts';
import { refuseWhenStopped } from '../context.ts';
import { blameFullDisk } from '../full-disk.ts';
import { breaksAt, openShell } from './debug-shell.ts';
import { findOrMake } from './find-or-make.ts';
import type { HookDigests } from './hook-digests.ts';
import { digestHooks } from './hook-digests.ts';
import { measure, timed } from '../measure.ts';
import type { LayerWork } from './make-layer.ts';
import type { TreeContext } from './tree-context.ts';
import { makeLayer, reuseLayer } from './make-layer.ts';
import type { Chain } from './mount-tree.ts';
import type { Prefetch } from './prefetch.ts';
import { endStrayProcesses } from './mount-tree.ts';

/** How far a tree has come. */
export type Growth = {
  readonly context: TreeContext;
  /** The next step, and how many there are. */
  readonly counter: { step: number; steps: number };
  readonly prefetch: Prefetch;
  /** Null until the tree holds a system. */
  readonly api: ApiMounts | null;
  readonly chain: Chain;
  /** Of the hooks directory as it is now: hooks on the host may change it. */
  readonly digests: HookDigests;
  /** Of the host, for the keys of hooks that run there. */
  readonly programs: NamedPrograms;
  /** The tree's file systems are mounted for good, and hooks change them; else each step makes a layer. */
  readonly isOnDisk: boolean;
};

export type Growing = (growth: Growth) => Promise<Growth>;

/** Who asks for a step, for what is said of it. */
export type StepOrigin = { readonly phase: PhaseName; readonly element: string };

/** Finds the step's layer or makes it, says which, and opens a shell in the tree when the user asked for one on failure. */
export async function carryOut(
  growth: Growth,
  work: LayerWork,
  { phase, element }: StepOrigin,
): Promise<{ readonly growth: Growth; readonly hasRun: boolean }> {
  const { context, counter } = growth;
  refuseWhenStopped(context);
  const about = { step: counter.step++, phase, element, title: work.title };
  const key = growth.isOnDisk ? null : work.key;
  const found = key === null ? about : { ...about, key };
  const make = async (): Promise<Chain> => {
    if (key !== null) await growth.prefetch({ phase, element });
    context.report({ kind: 'step-started', ...about });
    const start = Date.now();
    const measured = measure(context);
    const onFailure = (): Promise<void> => shellAfterFailure(context, phase, work.title);
    const made = await changeTree(growth, { ...work, onFailure });
    context.report({ kind: 'step-finished', ...found, milliseconds: Date.now() - start, ...measured() });
    return made;
  };
  const { chain, hasRun } = await findOrMake(context, {
    key,
    find: (wanted) => reuseLayer(context, growth.chain, wanted),
    make,
    onWait: () => context.report({ kind: 'step-waiting', ...about }),
  });
  if (!hasRun) context.report({ kind: 'step-reused', ...found });
  return { growth: { ...growth, chain }, hasRun };
}

export type JointStep = StepOrigin & { readonly title: string; readonly run: () => Promise<void> };

/**
 * Carries out steps that run in every build and make one layer together: no build ever looks for less than all of
 * what they made, and each mount that is saved is time won.
 */
export async function carryOutTogether(
  growth: Growth,
  title: string,
  steps: readonly JointStep[],
): Promise<Growth> {
  const { context, counter, api } = growth;
  let current = title;
  const runOne = async ({ run, ...origin }: JointStep): Promise<void> => {
    refuseWhenStopped(context);
    current = origin.title;
    const { phase, element } = origin;
    const about = { step: counter.step++, phase, element, title: origin.title };
    context.report({ kind: 'step-started', ...about });
    const start = Date.now();
    const measured = measure(context);
    await run();
    await endStrayProcesses(context);
    context.report({ kind: 'step-finished', ...about, milliseconds: Date.now() - start, ...measured() });
  };
  const phase = steps[0]?.phase;
  await context.turn.take();
  const chain = await changeTree(growth, {
    title,
    key: null,
    api,
    run: async () => {
      for (const step of steps) await runOne(step);
    },
    onFailure: async () => {
      if (phase !== undefined) await shellAfterFailure(context, phase, current);
    },
  });
  return { ...growth, chain };
}

/** Carries out a step on top of what is there. */
export async function changeTree({ context, chain, isOnDisk }: Growth, work: LayerWork): Promise<Chain> {
  if (!isOnDisk) return makeLayer(context, chain, work);
  try {
    await work.run();
  } catch (error) {
    await work.onFailure?.(error);
    const doing = `changing the image by ${work.title}`;
    throw await blameFullDisk(error, [context.paths.image], doing);
  }
  await endStrayProcesses(context);
  return chain;
}

/** To be called after anything that may have changed the hooks directory. */
export async function withFreshDigests(growth: Growth): Promise<Growth> {
  const { context } = growth;
  const digests = await timed(context, 'reading the hooks', () => digestHooks(context.paths.hooks));
  return { ...growth, digests };
}

async function shellAfterFailure(context: TreeContext, phase: PhaseName, title: string): Promise<void> {
  const wanted = context.plan.execution.debug.shellOnFailure || breaksAt(context, 'after-error');
  if (!wanted || context.stop.aborted) return;
  await openShell(context, phase, `${title} failed; the tree is as it left it`);
}
