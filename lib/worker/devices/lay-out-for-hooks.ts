// SPDX-License-Identifier: Apache-2.0
import type { WorkerContext } from '../context.ts';
import type { MadeDisk } from '../disk/make-disk.ts';
import { fillDisk, makeBlankDisk, makeDisksForHooks } from '../disk/make-disk.ts';
import { withScope } from '../scope.ts';
import type { Growth } from '../tree/growth.ts';
import { mountTree } from '../tree/mount-tree.ts';
import type { Divided } from './divide-by-hooks.ts';
import { divideByHooks, hasDividingHooks } from './divide-by-hooks.ts';

export type LaidOut = {
  readonly disks: readonly MadeDisk[];
  /** Null: as planned. */
  readonly divided: Divided | null;
};

/** Makes the disks from the tree so far: as planned, or as hooks of block-device.d have divided the one they got. */
export async function layOutForHooks(growth: Growth): Promise<LaidOut> {
  const { context } = growth;
  const startedAt = Date.now();
  context.report({ kind: 'phase-started', phase: 'disk' });
  const warn = (text: string): void => context.report({ kind: 'warning', text });
  const laidOut = await withScope(warn, async (scope) => {
    const chain = { ...growth.chain, keptMounts: [] };
    await mountTree(growth.context, { chain, staging: null, api: null }, scope);
    return (await asHooksDivide(growth)) ?? (await asPlanned(context));
  });
  context.report({ kind: 'phase-finished', phase: 'disk', milliseconds: Date.now() - startedAt });
  return laidOut;
}

async function asPlanned(context: WorkerContext): Promise<LaidOut> {
  return { disks: await makeDisksForHooks(context, context.paths.tree), divided: null };
}

async function asHooksDivide(growth: Growth): Promise<LaidOut | null> {
  const { context } = growth;
  const { tree } = context.paths;
  if (!(await hasDividingHooks(context))) return null;
  const blank = await makeBlankDisk(context, tree);
  const divided = await divideByHooks(growth, blank);
  if (divided === null) return null;
  await fillDisk(context, divided.made, tree);
  return { disks: [divided.made], divided };
}
