// SPDX-License-Identifier: Apache-2.0
import { chmod, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BuildFailure } from '../model/failure.ts';
import type { Phase, PhaseName } from '../model/phases.ts';
import { phases } from '../model/phases.ts';
import type { ApiMounts } from './api-mounts.ts';
import { makeApiMounts } from './api-mounts.ts';
import { assembleHooks } from './assemble-hooks.ts';
import { readCacheKeys } from './cache-key-hooks.ts';
import { refuseWhenStopped } from './context.ts';
import { breaksAt, openShell } from './debug-shell.ts';
import type { HookDigests } from './hook-digests.ts';
import { digestHooks } from './hook-digests.ts';
import type { LayerWork, TreeContext } from './make-layer.ts';
import { isStored, makeLayer } from './make-layer.ts';
import type { Chain } from './mount-tree.ts';
import { hooksOfPhase } from './phase-hooks.ts';
import { lendResolver, refreshResolver } from './resolver-file.ts';
import type { FoundHook } from './run-hook.ts';
import { hostEnvironment, installPackages, runHook, targetEnvironment } from './run-hook.ts';
import { digestOf, firstKey, stepKey } from './step-key.ts';
import { tidyTree } from './tidy-tree.ts';

/** Runs every phase, or finds it done, and returns the finished tree. */
export async function growTree(context: TreeContext): Promise<Chain> {
  await assembleHooks(context.plan, context.paths.hooks);
  const counter = { step: 0 };
  let grown: Growth = { context, counter, api: null, chain: await emptyChain(context) };
  for (const phase of phases) {
    grown = await runPhase(grown, phase);
    grown = (await builtIn[phase.name]?.(grown)) ?? grown;
  }
  return grown.chain;
}

type Growth = {
  readonly context: TreeContext;
  readonly counter: { step: number };
  /** Null until the tree holds a system. */
  readonly api: ApiMounts | null;
  readonly chain: Chain;
};

async function emptyChain(context: TreeContext): Promise<Chain> {
  const key = firstKey(context.plan.arch, await readCacheKeys(context));
  return { key, layers: [], keptMounts: [] };
}

async function runPhase(growth: Growth, phase: Phase): Promise<Growth> {
  const { context } = growth;
  const hooks = await hooksOfPhase(context, phase.name);
  let grown = await breakAt(growth, phase.name, `before-${phase.name}`);
  if (hooks.length > 0) {
    context.report({ kind: 'phase-started', phase: phase.name });
    const start = Date.now();
    for (const hook of hooks) grown = await runStep(grown, phase, hook);
    context.report({ kind: 'phase-finished', phase: phase.name, milliseconds: Date.now() - start });
  }
  return breakAt(grown, phase.name, `after-${phase.name}`);
}

/** What the builder itself does after a phase: dib-contract §2.1, the rows without a number. */
const builtIn: Partial<Record<PhaseName, (growth: Growth) => Promise<Growth>>> = {
  'root.d': enterTree,
  'install.d': installAsked,
  'post-root.d': writeFstab,
  'cleanup.d': tidy,
};

async function runStep(growth: Growth, phase: Phase, hook: FoundHook): Promise<Growth> {
  const { context, api } = growth;
  const before = await digestHooks(context.paths.hooks);
  const key = isCached(growth, phase, hook) ? hookKey(growth, hook, before) : null;
  const run = async (): Promise<void> => {
    if (api !== null) await refreshResolver(context.paths.tree);
    await runHook(context, hook);
  };
  const grown = await carryOut(growth, { title: `${phase.name}/${hook.script}`, key, api, run }, hook);
  if (
    key !== null &&
    phase.runsIn === 'host' &&
    (await digestHooks(context.paths.hooks)).shared !== before.shared
  ) {
    return forgetKey(grown, before);
  }
  return grown;
}

/** A cached hook that changed the hooks directory itself cannot be answered from the store: forget that it was. */
async function forgetKey(growth: Growth, before: HookDigests): Promise<Growth> {
  const { store } = growth.context;
  await rm(join(store.keys, growth.chain.key), { force: true });
  return { ...growth, chain: { ...growth.chain, key: digestOf([growth.chain.key, before.shared]) } };
}

function isCached({ context }: Growth, phase: Phase, hook: FoundHook): boolean {
  const element = context.plan.elements.find(({ name }) => name === hook.element);
  return phase.cached && element?.neverCached.includes(phase.name) !== true;
}

function hookKey({ context, chain }: Growth, hook: FoundHook, digests: HookDigests): string {
  const title = `${hook.phase}/${hook.script}`;
  const script = digests.scripts.get(title) ?? { digest: '', text: '' };
  const isOnHost = phases.some(({ name, runsIn }) => name === hook.phase && runsIn === 'host');
  return stepKey({
    previous: chain.key,
    title,
    script: script.digest,
    scriptText: script.text,
    shared: digests.shared,
    sharedText: digests.sharedText,
    environment: isOnHost ? hostEnvironment(context, hook.phase) : targetEnvironment(context),
    tools: isOnHost ? context.plan.execution.toolStamps : {},
  });
}

type Named = Pick<FoundHook, 'phase' | 'element'>;

/** Makes the step's layer, says what happens, and opens a shell in the tree when the user asked for one on failure. */
async function carryOut(growth: Growth, work: LayerWork, { phase, element }: Named): Promise<Growth> {
  const { context, counter } = growth;
  refuseWhenStopped(context);
  const about = { step: counter.step++, phase, element, title: work.title };
  if (work.key !== null && (await isStored(context, work.key))) {
    context.report({ kind: 'step-reused', ...about });
    return { ...growth, chain: await makeLayer(context, growth.chain, work) };
  }
  context.report({ kind: 'step-started', ...about });
  const start = Date.now();
  const onFailure = (): Promise<void> => shellAfterFailure(context, phase, work.title);
  const chain = await makeLayer(context, growth.chain, { ...work, onFailure });
  context.report({ kind: 'step-finished', ...about, milliseconds: Date.now() - start });
  return { ...growth, chain };
}

async function shellAfterFailure(context: TreeContext, phase: PhaseName, title: string): Promise<void> {
  const wanted = context.plan.execution.debug.shellOnFailure || breaksAt(context, 'after-error');
  if (wanted) await openShell(context, phase, `${title} failed; the tree is as it left it`);
}

async function breakAt(growth: Growth, phase: PhaseName, point: string): Promise<Growth> {
  const { context, api } = growth;
  if (!breaksAt(context, point)) return growth;
  const run = (): Promise<void> => openShell(context, phase, `break=${point}`);
  return {
    ...growth,
    chain: await makeLayer(context, growth.chain, { title: `break=${point}`, key: null, api, run }),
  };
}

async function enterTree(growth: Growth): Promise<Growth> {
  const { context } = growth;
  const { tree } = context.paths;
  await writeInstallType(context);
  const api = await makeApiMounts(context);
  const title = "the host's name servers";
  const key = digestOf([growth.chain.key, title]);
  const run = async (): Promise<void> => {
    await requireSystem(tree);
    await mkdir(join(tree, 'tmp'), { recursive: true });
    await chmod(join(tree, 'tmp'), 0o1777);
    await lendResolver(tree);
  };
  return { ...growth, api, chain: await makeLayer(context, growth.chain, { title, key, api, run }) };
}

/** Directories that mounting the tree makes, or that a file system has, prove nothing. */
const provesNothing = new Set(['lost+found', 'tmp', 'proc', 'sys', 'dev']);

async function requireSystem(tree: string): Promise<void> {
  const names = await readdir(tree);
  if (names.every((name) => provesNothing.has(name))) throw new BuildFailure({ kind: 'empty-tree' });
}

async function writeInstallType({ paths, plan }: TreeContext): Promise<void> {
  const type = plan.environment['DIB_DEFAULT_INSTALLTYPE'] ?? 'source';
  const line = `export DIB_DEFAULT_INSTALLTYPE=\${DIB_DEFAULT_INSTALLTYPE:-"${type}"}\n`;
  await writeFile(join(paths.hooks, 'environment.d/11-dib-install-type.bash'), line);
}

async function installAsked(growth: Growth): Promise<Growth> {
  const { context } = growth;
  let grown = growth;
  for (const step of context.plan.tree) {
    if (step.kind !== 'packages') continue;
    const digests = await digestHooks(context.paths.hooks);
    const title = `install-packages ${step.install.join(' ')}`;
    const key = digestOf([grown.chain.key, title, digests.shared]);
    const run = async (): Promise<void> => {
      await refreshResolver(context.paths.tree);
      await installPackages(context, step.phase, step.install);
    };
    grown = await carryOut(grown, { title, key, api: grown.api, run }, { phase: step.phase, element: '' });
  }
  return grown;
}

async function writeFstab(growth: Growth): Promise<Growth> {
  const { context, api, chain } = growth;
  const { tree } = context.paths;
  const title = 'the file system table';
  const run = async (): Promise<void> => {
    await rm(join(tree, 'lost+found'), { recursive: true, force: true });
    for (const mountPoint of context.plan.disk?.layout.mountPoints ?? [])
      await mkdir(join(tree, mountPoint), { recursive: true });
    await mkdir(join(tree, 'etc'), { recursive: true });
    await writeFile(join(tree, 'etc/fstab'), context.plan.fstab);
  };
  return { ...growth, chain: await makeLayer(context, chain, { title, key: null, api, run }) };
}

async function tidy(growth: Growth): Promise<Growth> {
  const { context, api, chain } = growth;
  const run = (): Promise<void> =>
    tidyTree(context.host, context.paths.tree, context.plan.execution.hooksInTarget);
  return { ...growth, chain: await makeLayer(context, chain, { title: 'tidying up', key: null, api, run }) };
}
