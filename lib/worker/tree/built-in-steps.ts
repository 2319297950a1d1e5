// SPDX-License-Identifier: Apache-2.0
import { chmod, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BuildFailure } from '../../model/failure.ts';
import type { PhaseName } from '../../model/phases.ts';
import { makeApiMounts } from './api-mounts.ts';
import { armingOf } from './first-boot.ts';
import type { Growing, Growth } from './growth.ts';
import { carryOut, changeTree, withFreshDigests } from './growth.ts';
import type { LayerWork } from './make-layer.ts';
import type { TreeContext } from './tree-context.ts';
import { reuseLayer } from './make-layer.ts';
import { lendResolver, refreshResolver } from './resolver-file.ts';
import { installPackages } from './run-hook.ts';
import { keyOf } from './step-key.ts';
import { tidyTree } from './tidy-tree.ts';

/** What the builder itself does after a phase: dib-contract §2.1, the rows without a number. */
export const builtInSteps: Partial<Record<PhaseName, Growing>> = {
  'root.d': enterTree,
  'install.d': installAsked,
  'post-root.d': writeFstab,
  'first-boot.d': armFirstBoot,
  'cleanup.d': tidy,
};

async function enterTree(growth: Growth): Promise<Growth> {
  const { context, chain } = growth;
  const { tree } = context.paths;
  await writeInstallType(context);
  const api = await makeApiMounts(context);
  const title = "the host's name servers";
  const run = async (): Promise<void> => {
    await requireSystem(tree);
    await mkdir(join(tree, 'tmp'), { recursive: true });
    await chmod(join(tree, 'tmp'), 0o1777);
    await lendResolver(tree);
  };
  const parts = { previous: chain.key, title };
  const key = keyOf(parts);
  context.record.key({ title, key, parts });
  const entered = await inQuiet({ ...growth, api }, { title, key, run });
  return withFreshDigests(entered);
}

/** Of steps that are the builder's own nothing is said. */
async function inQuiet(growth: Growth, own: Omit<LayerWork, 'api'>): Promise<Growth> {
  const { context, chain, api, isOnDisk } = growth;
  const stored = own.key === null || isOnDisk ? null : await reuseLayer(context, chain, own.key);
  return { ...growth, chain: stored ?? (await changeTree(growth, { ...own, api })) };
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
    const title = `install-packages ${step.install.join(' ')}`;
    const { shared, sharedFiles } = grown.digests;
    const parts = { previous: grown.chain.key, title: JSON.stringify(step.install), shared };
    const key = keyOf(parts);
    context.record.key({ title, key, parts, details: [sharedFiles] });
    const run = async (): Promise<void> => {
      await refreshResolver(context.paths.tree);
      await installPackages(context, step.phase, step.install);
    };
    const carried = await carryOut(
      grown,
      { title, key, api: grown.api, run },
      { phase: step.phase, element: '' },
    );
    grown = carried.growth;
  }
  return grown;
}

function writeFstab(growth: Growth): Promise<Growth> {
  const { plan, paths } = growth.context;
  const run = async (): Promise<void> => {
    await rm(join(paths.tree, 'lost+found'), { recursive: true, force: true });
    for (const mountPoint of plan.disk?.layout.mountPoints ?? [])
      await mkdir(join(paths.tree, mountPoint), { recursive: true });
    await mkdir(join(paths.tree, 'etc'), { recursive: true });
    await writeFile(join(paths.tree, 'etc/fstab'), plan.fstab);
  };
  return inQuiet(growth, { title: 'the file system table', key: null, run });
}

async function armFirstBoot(growth: Growth): Promise<Growth> {
  const arming = await armingOf(growth);
  return arming === null ? growth : inQuiet(growth, arming);
}

/**
 * With nothing mounted in the tree, so that mount points are tidied up too. On a disk it is done by who mounted it,
 * once that is so.
 */
async function tidy(growth: Growth): Promise<Growth> {
  if (growth.isOnDisk) return growth;
  const { host, paths } = growth.context;
  const run = (): Promise<void> => tidyTree(host, paths.tree);
  const bare = { ...growth, api: null, chain: { ...growth.chain, keptMounts: [] } };
  const tidied = await inQuiet(bare, { title: 'tidying up', key: null, run });
  return { ...tidied, api: growth.api };
}
