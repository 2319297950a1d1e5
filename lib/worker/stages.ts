// SPDX-License-Identifier: Apache-2.0
import { chmod } from 'node:fs/promises';
import { hostPath } from '../model/brands.ts';
import type { PlannedOutput } from '../model/plan.ts';
import { markDurable } from '../store/layers.ts';
import { finishOnDevices } from './devices/finish-on-devices.ts';
import { prepareLoopDevices } from './devices/prepare-loop-devices.ts';
import type { DiskTerms } from './disk/make-disk.ts';
import { makeDisk } from './disk/make-disk.ts';
import { onTrack, timed } from './measure.ts';
import { makeOutputs } from './outputs/make-outputs.ts';
import type { OutputSources } from './outputs/output-job.ts';
import type { ShelfTerms } from './outputs/shelf.ts';
import { openShelf } from './outputs/shelf.ts';
import { runCompanion } from './run-companion.ts';
import type { Scope } from './scope.ts';
import { withScope } from './scope.ts';
import { finishTree, growNothing, growTree, ramdiskKey } from './tree/grow-tree.ts';
import type { Growth } from './tree/growth.ts';
import type { TreeContext } from './tree/tree-context.ts';
import type { Chain } from './tree/mount-tree.ts';
import { layerDirectories, mountTree } from './tree/mount-tree.ts';
import { showUsage } from './tree/show-usage.ts';

/** What outputs depend on besides the plan. */
export type OutputTerms = Omit<ShelfTerms, 'chain' | 'hooks'> & {
  /** For the outputs. The tree's files have the modes that hooks count on, whoever builds. */
  readonly userMask: number;
};

/** The three stages: tree, disk, outputs. */
export async function carryOutStages(context: TreeContext, terms: OutputTerms): Promise<void> {
  await prepareLoopDevices(context);
  if (context.plan.outputs.some(isFromHost)) return finishFromHost(await growNothing(context), terms);
  const grown = await growTree(context);
  if (context.plan.disk?.madeWith.way === 'devices') await finishWithDevices(grown, terms);
  else await finishFromFiles(await finishTree(grown), terms);
}

const isFromHost = ({ recipe }: PlannedOutput): boolean => 'source' in recipe && recipe.source.isHost;

/** What is made of this machine itself. */
async function finishFromHost(growth: Growth, { userMask }: OutputTerms): Promise<void> {
  process.umask(userMask);
  await makeOutputs(growth.context, { tree: hostPath('/'), disk: null, growth });
}

async function finishFromFiles(growth: Growth, terms: OutputTerms): Promise<void> {
  const { context, chain } = growth;
  await context.turn.take();
  process.umask(terms.userMask);
  const { tree } = context.paths;
  const { outputs, execution } = context.plan;
  const shelf = await timed(context, 'looking for finished outputs', async () =>
    openShelf(context, { chain, hooks: await ramdiskKey(growth), ...terms }),
  );
  const missing = outputs.filter((output) => !shelf.stored.has(output));
  const flushed = flushInBackground(context);
  await withScope(warning(context), async (scope) => {
    const isTreeNeeded = missing.length > 0 || execution.debug.showImageUsage;
    if (isTreeNeeded) await mountFinished(context, chain, scope);
    // Waited for before the tree is unmounted, which ends whatever still runs.
    scope.defer('the flush of layers', () => flushed);
    await showUsage(context, tree);
    const ofDisk = missing.filter(({ from }) => from === 'disk');
    const disk = ofDisk.length > 0 ? await makeDisk(context, tree, diskTerms(context, chain, ofDisk)) : null;
    await makeOutputs(context, { tree, disk, growth }, shelf);
  });
}

/** What writes qcow2 can read the tree's files where they are, while it is mounted. Other tools need a whole file. */
const diskTerms = ({ store }: TreeContext, chain: Chain, ofDisk: readonly PlannedOutput[]): DiskTerms => ({
  layers: layerDirectories(store, chain),
  mayBorrow: ofDisk.every(({ recipe }) => recipe.kind === 'qcow2'),
});

/** Outputs of the tree are made while it is mounted, those of the disk when it no longer is. */
async function finishWithDevices(growth: Growth, { userMask }: OutputTerms): Promise<void> {
  const { context } = growth;
  const { outputs } = context.plan;
  await context.turn.take();
  const make = async (from: PlannedOutput['from'], sources: OutputSources): Promise<void> => {
    const mask = process.umask(userMask);
    const plan = { ...context.plan, outputs: outputs.filter((output) => output.from === from) };
    await makeOutputs({ ...context, plan }, sources);
    process.umask(mask);
  };
  const disk = await finishOnDevices(growth, async (tree) => {
    await showUsage(context, tree);
    await make('tree', { tree, disk: null, growth });
  });
  await chmod(disk.file, 0o644 & ~userMask);
  const flushed = flushInBackground(context);
  try {
    await make('disk', { tree: context.paths.tree, disk, growth });
  } finally {
    await flushed;
  }
}

/** Package caches and the like are for hooks only: the image is the layers and nothing else. */
const mountFinished = (context: TreeContext, chain: Chain, scope: Scope): Promise<void> =>
  mountTree(context, { chain: { ...chain, keptMounts: [] }, staging: null, api: null }, scope);

const flushInBackground = (context: TreeContext): Promise<void> =>
  flushLayers(onTrack(context, 'flushing layers')).catch((error: unknown) =>
    warning(context)(`layers are not flushed: ${String(error)}`),
  );

const warning =
  ({ report }: TreeContext) =>
  (text: string): void =>
    report({ kind: 'warning', text });

/** Layers are written without waiting for the disk; flushed while the outputs are made, they outlive a power cut. */
async function flushLayers(context: TreeContext): Promise<void> {
  const { store, unflushed } = context;
  const ids = [...unflushed];
  if (ids.length === 0) return;
  const result = await runCompanion(context, { argv: ['sync', '--file-system', store.layers] });
  if (result.exitStatus === 0) await markDurable(store, ids);
}
