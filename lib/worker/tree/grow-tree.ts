// SPDX-License-Identifier: Apache-2.0
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openNamedPrograms } from '../../host/named-programs.ts';
import type { Phase, PhaseName } from '../../model/phases.ts';
import { phaseNamed, phases, phasesOfRamdisk, phasesOnDisk } from '../../model/phases.ts';
import { timed } from '../measure.ts';
import { makeApiMounts } from './api-mounts.ts';
import { assembleHooks } from './assemble-hooks.ts';
import { builtInSteps } from './built-in-steps.ts';
import { askSize } from './block-device-size.ts';
import { readCacheKeys } from './cache-key-hooks.ts';
import { blockDeviceParamsText, writeBlockDeviceParams } from './block-device-params.ts';
import { breaksAt, openShell } from './debug-shell.ts';
import { copyFirstBoot } from './first-boot.ts';
import type { Growth } from './growth.ts';
import { carryOut, carryOutTogether, changeTree, withFreshDigests } from './growth.ts';
import { describeBuilder, describeMachine } from './describe-builder.ts';
import { digestHooks } from './hook-digests.ts';
import type { TreeContext } from './tree-context.ts';
import type { Naming } from './named-in-text.ts';
import { hooksOfPhase } from './phase-hooks.ts';
import { preparePrefetch } from './prefetch.ts';
import { refreshResolver } from './resolver-file.ts';
import type { FoundHook } from './run-hook.ts';
import { hostEnvironment, runHook, targetEnvironment } from './run-hook.ts';
import { digestOf, firstParts, keyOf, stepParts } from './step-key.ts';

/** Runs every phase up to the one after which the disk is sized, or finds it done. */
export async function growTree(context: TreeContext): Promise<Growth> {
  const isMeant = (name: PhaseName): boolean => ![...phasesOnDisk, ...phasesOfRamdisk].includes(name);
  return withoutHookMounts(await runPhases(await begin(context), isMeant));
}

/** For what is made of this machine instead of a tree: the hooks are there, and none runs. */
export async function growNothing(context: TreeContext): Promise<Growth> {
  const growth = await begin(context);
  return { ...growth, api: await makeApiMounts(context) };
}

/** What hooks have mounted is taken off once: later hooks tidy up the image itself, and may mount anew. */
function withoutHookMounts(growth: Growth): Growth {
  const { chain } = growth;
  if (chain.keptMounts.length === 0) return growth;
  return { ...growth, chain: { ...chain, key: digestOf([chain.key, 'unmounted']), keptMounts: [] } };
}

/** Runs the remaining phases: the tree is finished. */
export function finishTree(growth: Growth): Promise<Growth> {
  const isDone = (name: PhaseName): boolean => name === 'block-device.d' && growth.isOnDisk;
  return runPhases(growth, (name) => phasesOnDisk.includes(name) && !isDone(name));
}

async function runPhases(growth: Growth, isMeant: (name: PhaseName) => boolean): Promise<Growth> {
  let grown = growth;
  for (const phase of phases.filter(({ name }) => isMeant(name))) {
    grown = await runPhase(grown, phase);
    grown = (await builtInSteps[phase.name]?.(grown)) ?? grown;
  }
  return grown;
}

async function begin(context: TreeContext): Promise<Growth> {
  const { hooks } = context.paths;
  await timed(context, 'merging the elements', () => assembleHooks(context.plan, hooks));
  await writeBlockDeviceParams(context);
  const { way } = context.store;
  if (way.note !== null) context.report({ kind: 'note', text: way.note });
  const chain = { key: await beginningKey(context), layers: [], keptMounts: [] };
  return {
    context,
    counter: { step: 0, steps: context.plan.tree.length },
    prefetch: preparePrefetch(context),
    api: null,
    chain,
    digests: await timed(context, 'reading the hooks', () => digestHooks(hooks)),
    programs: openNamedPrograms(hostPrograms(context), join(context.store.root, 'programs')),
    isOnDisk: false,
  };
}

async function beginningKey(context: TreeContext): Promise<string> {
  const { arch, execution } = context.plan;
  const [builder, outside] = await Promise.all([
    describeBuilder(execution.shellLibrary),
    readCacheKeys(context),
  ]);
  const parts = firstParts({ arch, builder, way: context.store.way.name, outside });
  const key = keyOf(parts);
  context.record.key({ title: 'the beginning', key, parts });
  return key;
}

/** Where hooks on the host find programs. */
const hostPrograms = (context: TreeContext): readonly string[] =>
  (hostEnvironment(context, 'root.d')['PATH'] ?? '').split(':');

/** Without what the builder itself does after it. */
export async function runPhase(growth: Growth, phase: Phase): Promise<Growth> {
  const { context } = growth;
  const hooks = await hooksOfPhase(context, phase.name);
  countSteps(growth, phase, hooks.length);
  let grown = await breakAt(growth, phase.name, `before-${phase.name}`);
  if (hooks.length > 0) {
    context.report({ kind: 'phase-started', phase: phase.name });
    const start = Date.now();
    grown = await runHooks(grown, phase, hooks);
    context.report({ kind: 'phase-finished', phase: phase.name, milliseconds: Date.now() - start });
  }
  return breakAt(grown, phase.name, `after-${phase.name}`);
}

/** Says so when the plan knew more hooks of the phase, or less. */
function countSteps({ context, counter }: Growth, { name }: Phase, found: number): void {
  const planned = context.plan.tree.filter((step) => step.kind === 'hook' && step.phase === name).length;
  if (found === planned) return;
  counter.steps += found - planned;
  context.report({ kind: 'steps-counted', steps: counter.steps });
}

async function runHooks(growth: Growth, phase: Phase, hooks: readonly FoundHook[]): Promise<Growth> {
  if (!phase.cached && phase.hasTree) return runTogether(growth, phase, hooks);
  let grown = growth;
  for (const hook of hooks) grown = await (steps[phase.name] ?? runStep)(grown, phase, hook);
  return grown;
}

async function runTogether(growth: Growth, phase: Phase, hooks: readonly FoundHook[]): Promise<Growth> {
  const joint = hooks.map((hook) => ({ ...hook, title: titleOf(hook), run: running(growth, hook) }));
  return withFreshDigests(await carryOutTogether(growth, phase.name, joint));
}

const titleOf = ({ phase, script }: FoundHook): string => `${phase}/${script}`;

const running =
  ({ context, api }: Growth, hook: FoundHook) =>
  async (): Promise<void> => {
    if (api !== null) await refreshResolver(context.paths.tree);
    await runHook(context, hook);
  };

/** Phases whose scripts are not simply run. */
const steps: Partial<Record<PhaseName, typeof runStep>> = {
  'block-device-size.d': (growth, _, hook) => askSize(growth, hook),
  'first-boot.d': (growth, _, hook) => copyFirstBoot(growth, hook),
};

async function runStep(growth: Growth, phase: Phase, hook: FoundHook): Promise<Growth> {
  const { context, api } = growth;
  const isFound = isCached(growth, phase, hook);
  const key = isFound ? await hookKey(growth, phase, hook) : null;
  const work = { title: titleOf(hook), key, api, run: running(growth, hook) };
  const before = isFound && phase.runsIn === 'host' ? await besideTree(context) : [];
  const { growth: grown, hasRun } = await carryOut(growth, work, hook);
  if (!hasRun || phase.runsIn === 'target') return grown;
  const fresh = await withFreshDigests(grown);
  if (!isFound) return fresh;
  const hasLeftFiles = (await besideTree(context)).some((path) => !before.includes(path));
  return hasLeftFiles || fresh.digests.whole !== growth.digests.whole ? forgetKey(fresh) : fresh;
}

/** What hooks have put where other hooks look for it: TMP_BUILD_DIR and TMP_IMAGE_DIR, which go with the build. */
async function besideTree({ paths }: TreeContext): Promise<readonly string[]> {
  const places = [paths.build, paths.image];
  const names = await Promise.all(places.map(async (place) => [place, await readdir(place)] as const));
  return names.flatMap(([place, inside]) => inside.map((name) => join(place, name)));
}

/** A cached hook that left more than its layer cannot be answered from the store: forget that it was. */
async function forgetKey(growth: Growth): Promise<Growth> {
  const { chain, context, digests } = growth;
  await rm(join(context.store.keys, chain.key), { force: true });
  context.record.answer(chain.key, { kind: 'made', because: 'left-more' });
  return { ...growth, chain: { ...chain, key: digestOf([chain.key, digests.whole]) } };
}

function isCached({ context, isOnDisk }: Growth, phase: Phase, hook: FoundHook): boolean {
  if (isOnDisk) return false;
  const element = context.plan.elements.find(({ name }) => name === hook.element);
  return phase.cached && element?.neverCached.includes(phase.name) !== true;
}

/** Of all that hooks can do to a RAM disk that is made of the tree, now that it is finished. */
export async function ramdiskKey(growth: Growth): Promise<string> {
  const keys: string[] = [growth.digests.whole];
  for (const phase of phasesOfRamdisk.map(phaseNamed))
    for (const hook of await hooksOfPhase(growth.context, phase.name))
      keys.push(await hookKey(growth, phase, hook));
  return digestOf(keys);
}

async function hookKey(growth: Growth, phase: Phase, hook: FoundHook): Promise<string> {
  const { context, chain, digests } = growth;
  const title = titleOf(hook);
  const script = digests.scripts.get(title) ?? { digest: '', texts: [], files: {} };
  const isOnHost = phase.runsIn === 'host';
  const parts = stepParts({
    previous: chain.key,
    title,
    script: script.digest,
    shared: digests.shared,
    texts: [...script.texts, ...digests.sharedTexts],
    exports: digests.exports,
    environment: {
      ...(isOnHost ? hostEnvironment(context, phase.name) : targetEnvironment(context)),
      DIB_BLOCK_DEVICE_PARAMS_YAML: blockDeviceParamsText(context),
    },
    tools: isOnHost ? await hostTools(growth, script.texts) : {},
    machine: describeMachine(),
  });
  const key = keyOf(parts);
  context.record.key({ title, key, parts, details: [digests.sharedFiles, script.files] });
  return key;
}

/** Programs that the hook names, and those that its element says it needs. */
async function hostTools(
  { programs, context }: Growth,
  texts: readonly Naming[],
): Promise<Readonly<Record<string, string>>> {
  return {
    ...(await programs.among(texts.flatMap(({ words }) => [...words]))),
    ...context.plan.execution.toolStamps,
  };
}

async function breakAt(growth: Growth, phase: PhaseName, point: string): Promise<Growth> {
  const { context, api } = growth;
  if (!breaksAt(context, point)) return growth;
  const run = (): Promise<void> => openShell(context, phase, `break=${point}`);
  const chain = await changeTree(growth, { title: `break=${point}`, key: null, api, run });
  return withFreshDigests({ ...growth, chain });
}
