// SPDX-License-Identifier: Apache-2.0
import { mkdir, open } from 'node:fs/promises';
import type { HostPath } from '../../model/brands.ts';
import { BuildFailure } from '../../model/failure.ts';
import type { WorkerContext } from '../context.ts';
import type { MadeDisk } from '../disk/make-disk.ts';
import { holdsRoot, imageOf } from '../disk/make-disk.ts';
import { placeBootSectors } from '../disk/place-boot-sectors.ts';
import type { RawImage } from '../disk/raw-image.ts';
import { runToolQuietly } from '../run-tool-quietly.ts';
import type { Scope } from '../scope.ts';
import { withScope } from '../scope.ts';
import { writeBlockDeviceParams } from '../tree/block-device-params.ts';
import { finishTree } from '../tree/grow-tree.ts';
import type { Growth } from '../tree/growth.ts';
import { furnishTree, unmountTree } from '../tree/mount-tree.ts';
import { tidyTree } from '../tree/tidy-tree.ts';
import type { AttachedDisk } from './attach-disk.ts';
import { attachDisk, waitUntilDetached } from './attach-disk.ts';
import { deviceEnvironment } from './device-environment.ts';
import { showDevices } from './device-nodes.ts';
import { dividedEnvironment, keepRootInFstab } from './divide-by-hooks.ts';
import { fillFromStandIn } from './fat-stand-in.ts';
import { layOutForHooks } from './lay-out-for-hooks.ts';
import type { LaidOut } from './lay-out-for-hooks.ts';
import type { MountedDisks } from './mount-disks.ts';
import { mountDisks } from './mount-disks.ts';

/**
 * The end of a build whose hooks need the image as a block device: its disks are made from the tree so far, attached
 * and mounted, and the last hooks work on them.
 * @param useTree Called with the finished tree while it is mounted.
 * @returns what becomes the image.
 */
export async function finishOnDevices(
  growth: Growth,
  useTree: (tree: HostPath) => Promise<void>,
): Promise<RawImage> {
  const { context } = growth;
  const laidOut = await layOutForHooks(growth);
  const warn = (text: string): void => context.report({ kind: 'warning', text });
  await withScope(warn, async (standIns) => {
    const used = await withScope(warn, async (mounts) => {
      const disks = await attachAll(context, laidOut.disks, mounts);
      const mounted = await mountDisks(context, disks, { mounts, standIns });
      if (laidOut.divided !== null) await keepRootInFstab(mounted.directory);
      await runHooks(growth, { laidOut, disks, mounted });
      await tidyTree(context.host, mounted.directory);
      await startFromGrub(context, disks, mounted.directory);
      await useTree(mounted.directory);
      await writeOut(context, mounted);
      return { disks, mounted };
    });
    for (const { device, file } of used.disks) await requireDetached(device, file);
    for (const standIn of used.mounted.standIns) await fillFromStandIn(context, standIn);
  });
  return imageOf(laidOut.disks);
}

async function attachAll(
  context: WorkerContext,
  disks: readonly MadeDisk[],
  scope: Scope,
): Promise<readonly AttachedDisk[]> {
  const attached: AttachedDisk[] = [];
  for (const made of disks) attached.push(await attachDisk(context, made, scope));
  return attached;
}

type Stage = {
  readonly laidOut: LaidOut;
  readonly disks: readonly AttachedDisk[];
  readonly mounted: MountedDisks;
};

/** They work on a second mount of the tree, so that theirs, and those they are given, go all at once. */
async function runHooks(growth: Growth, { laidOut, disks, mounted }: Stage): Promise<void> {
  const { api } = growth;
  const { plan, paths } = growth.context;
  const { divided } = laidOut;
  const environment = {
    ...plan.environment,
    ...deviceEnvironment(disks, divided?.number ?? null),
    ...(divided === null ? {} : dividedEnvironment(divided)),
  };
  const context = { ...growth.context, plan: { ...plan, environment } };
  const warn = (text: string): void => context.report({ kind: 'warning', text });
  await withScope(warn, async (scope) => {
    await mkdir(paths.tree, { recursive: true });
    await bindTree(context, mounted.directory, scope);
    await writeBlockDeviceParams(context, imageOf(disks).disk.size);
    if (api !== null) await showDevices(context, disks, api.dev);
    await furnishTree(context, { api, keptMounts: growth.chain.keptMounts });
    await finishTree({ ...growth, context, isOnDisk: true });
  });
}

async function bindTree(context: WorkerContext, from: HostPath, scope: Scope): Promise<void> {
  const { tree } = context.paths;
  await runToolQuietly(context, 'mounting the tree', { argv: ['mount', '--rbind', from, tree] });
  scope.defer('the tree', () => unmountTree(context));
}

/** GRUB's images in the tree are put in their places on the disk, unless a hook has made it start in its own way. */
async function startFromGrub(
  context: WorkerContext,
  disks: readonly AttachedDisk[],
  tree: HostPath,
): Promise<void> {
  for (const { disk, device } of disks.filter(holdsRoot)) {
    if (await hasBootCode(device)) continue;
    await placeBootSectors(context, disk, { tree, file: device });
  }
}

const BOOT_CODE = 440;

async function hasBootCode(device: HostPath): Promise<boolean> {
  const disk = await open(device, 'r');
  try {
    const { buffer } = await disk.read(Buffer.alloc(BOOT_CODE), 0, BOOT_CODE, 0);
    return buffer.some((byte) => byte !== 0);
  } finally {
    await disk.close();
  }
}

/** Frees what was deleted, and hears of what the machine's disk had no room for. */
async function writeOut(context: WorkerContext, { mountPoints }: MountedDisks): Promise<void> {
  for (const mountPoint of mountPoints) {
    const trimmed = await context.host.run({ argv: ['fstrim', mountPoint] });
    if (trimmed.exitStatus !== 0)
      context.report({ kind: 'note', text: `deleted files keep their room: ${trimmed.lastLines.join(' ')}` });
    const argv = ['sync', '--file-system', mountPoint] as const;
    await runToolQuietly(context, 'writing the file systems to the image', {
      argv,
      writesTo: context.paths.image,
    });
  }
}

async function requireDetached(device: HostPath, file: HostPath): Promise<void> {
  await waitUntilDetached(device, file).catch(() => {
    const message = `something outside of this build keeps ${device} in use: the image may not be whole`;
    throw new BuildFailure({ kind: 'input-invalid', problems: [{ message }] });
  });
}
