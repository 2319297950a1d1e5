// SPDX-License-Identifier: Apache-2.0
import { runTool } from '../context.ts';
import type { Growth } from './growth.ts';
import { carryOut } from './growth.ts';
import type { LayerWork } from './make-layer.ts';
import type { TreeContext } from './tree-context.ts';
import { hooksOfPhase } from './phase-hooks.ts';
import type { FoundHook } from './run-hook.ts';
import { keyOf } from './step-key.ts';

/** Copies a script of first-boot.d into the image. Nothing but the script itself decides what the layer holds. */
export async function copyFirstBoot(growth: Growth, hook: FoundHook): Promise<Growth> {
  const { context, chain, api, digests } = growth;
  const title = `${hook.phase}/${hook.script}`;
  const script = digests.scripts.get(title);
  const parts = { previous: chain.key, title, script: script?.digest ?? '' };
  const key = keyOf(parts);
  context.record.key({ title, key, parts, details: script === undefined ? [] : [script.files] });
  const run = (): Promise<void> => arm(context, `copying ${title}`, ['copy', hook.script]);
  return (await carryOut(growth, { title, key, api, run }, hook)).growth;
}

/** What makes the image run the scripts that were copied in; null when there are none. */
export async function armingOf({ context, chain, digests }: Growth): Promise<Omit<LayerWork, 'api'> | null> {
  if ((await hooksOfPhase(context, 'first-boot.d')).length === 0) return null;
  const title = 'arming first-boot.d';
  const pattern = context.plan.environment['RUN_PARTS_REGEX'] ?? '';
  const run = (): Promise<void> => arm(context, title, ['arm', pattern]);
  const parts = { previous: chain.key, title, shared: digests.shared, 'variable RUN_PARTS_REGEX': pattern };
  const key = keyOf(parts);
  context.record.key({ title, key, parts, details: [digests.sharedFiles] });
  return { title, key, run };
}

/** In the tree, whose links may mean something else on the host. */
async function arm(context: TreeContext, doing: string, words: readonly string[]): Promise<void> {
  const { hooksInTarget } = context.plan.execution;
  const script = [`${hooksInTarget}/arm-first-boot`, hooksInTarget, ...words];
  await runTool(context, doing, { argv: ['chroot', context.paths.tree, '/bin/bash', ...script] });
}
