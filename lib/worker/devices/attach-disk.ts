// SPDX-License-Identifier: Apache-2.0
import { open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { exists } from '../../host/file-checks.ts';
import type { HostPath } from '../../model/brands.ts';
import { hostPath } from '../../model/brands.ts';
import type { SizedFileSystem, SizedPartition } from '../../model/layout.ts';
import type { WorkerContext } from '../context.ts';
import { runTool } from '../context.ts';
import type { MadeDisk } from '../disk/make-disk.ts';
import { runToolQuietly } from '../run-tool-quietly.ts';
import type { Scope } from '../scope.ts';

export type AttachedDisk = MadeDisk & {
  /** Of the whole disk, as in `/dev/loop0`. */
  readonly device: HostPath;
  /** By the partition's name. */
  readonly partitions: ReadonlyMap<string, HostPath>;
};

/**
 * Attaches a raw file and its partitions until the scope closes. The kernel lets go of it with its last user,
 * so that nothing is left when this process is killed.
 */
export async function attachDisk(
  context: WorkerContext,
  made: MadeDisk,
  scope: Scope,
): Promise<AttachedDisk> {
  const { disk, file } = made;
  const loop = { file, sectorSize: disk.sectorSize };
  const device = await attachFile(context, { ...loop, stretch: null }, scope);
  const partitions = new Map<string, HostPath>();
  for (const partition of disk.table?.partitions ?? []) {
    if (partition.kind === 'extended') continue;
    const own =
      (await addPartition(context, device, partition)) ??
      (await attachFile(context, { ...loop, stretch: partition }, scope));
    await requireNode(context, own, scope);
    partitions.set(partition.name, own);
  }
  return { ...made, device, partitions };
}

/** @returns the device of what a file system is made on. */
export function deviceOf(
  { disk, device, partitions }: AttachedDisk,
  { base, node }: SizedFileSystem,
): HostPath {
  const found = base === disk.name ? device : partitions.get(base);
  if (found === undefined) throw new Error(`${node} is on ${base}, which is not attached`);
  return found;
}

type Loop = {
  readonly file: HostPath;
  readonly sectorSize: number;
  /** Null: the whole file, with its partitions. */
  readonly stretch: SizedPartition | null;
};

async function attachFile(context: WorkerContext, loop: Loop, scope: Scope): Promise<HostPath> {
  const { device, held } = (await attachForUse(context, loop)) ?? (await attachByLosetup(context, loop));
  scope.defer(`the loop device ${device}`, async () => {
    await held.close();
    await waitUntilDetached(device, loop.file);
  });
  return device;
}

/** An open device, which the kernel lets go of when nobody has it open. */
type HeldDevice = { readonly device: HostPath; readonly held: FileHandle };

/** By a script that asks for that from the first moment on. Null where it does not work, as without perl. */
async function attachForUse(
  context: WorkerContext,
  { file, sectorSize, stretch }: Loop,
): Promise<HeldDevice | null> {
  const isHeld = join(context.paths.work, `${basename(file)}.${stretch?.number ?? 0}.held`);
  const place = [sectorSize, stretch?.start ?? 0, stretch?.size ?? 0].map(String);
  const script = join(context.plan.execution.shellLibrary, 'attach-loop');
  const holding: Promise<HeldDevice>[] = [];
  const { exitStatus } = await context.host.run({
    argv: ['perl', script, file, ...place, isHeld],
    onLine: (line) => {
      if (/^\/dev\/loop\d+$/.test(line)) holding.push(hold(hostPath(line), isHeld));
    },
  });
  const [device = null] = await Promise.all(holding);
  await rm(isHeld, { force: true });
  return exitStatus === 0 ? device : null;
}

/** The script waits for the file, and lets go of the device then. */
async function hold(device: HostPath, isHeld: string): Promise<HeldDevice> {
  try {
    return { device, held: await open(device, 'r') };
  } finally {
    await writeFile(isHeld, '');
  }
}

/** Detaching what is open leaves it attached until nobody has it open. */
async function attachByLosetup(
  context: WorkerContext,
  { file, sectorSize, stretch }: Loop,
): Promise<HeldDevice> {
  const part =
    stretch === null ? ['--partscan'] : ['--offset', `${stretch.start}`, '--sizelimit', `${stretch.size}`];
  const words = ['--find', '--show', '--sector-size', String(sectorSize), ...part, file];
  const doing = `attaching ${file} to a loop device`;
  const { stdout } = await runToolQuietly(context, doing, { argv: ['losetup', ...words] });
  const device = hostPath(stdout.trim());
  const opening = open(device, 'r');
  await opening.catch(() => undefined);
  await runTool(context, `detaching ${device}`, { argv: ['losetup', '--detach', device] });
  return { device, held: await opening };
}

const PATIENCE_MILLISECONDS = 10_000;

/** @throws Error when something still uses the device: what it holds may not be in the file yet. */
export async function waitUntilDetached(device: HostPath, file: HostPath): Promise<void> {
  const backing = join('/sys/block', basename(device), 'loop/backing_file');
  const end = Date.now() + PATIENCE_MILLISECONDS;
  while ((await readFile(backing, 'utf8').catch(() => '')).trim() === file) {
    if (Date.now() > end) throw new Error(`${device} is still in use`);
    await wait(20);
  }
}

const KERNEL_SECTOR = 512;

/** The kernel may have read the table, or have no mind to: then it is told. Null: it wants no partitions here. */
async function addPartition(
  context: WorkerContext,
  device: HostPath,
  { number, start, size }: SizedPartition,
): Promise<HostPath | null> {
  const partition = `${device}p${number}`;
  if (await isKnown(partition)) return hostPath(partition);
  const place = [start, size].map((count) => String(count / KERNEL_SECTOR));
  await context.host.run({ argv: ['addpart', device, String(number), ...place] });
  return (await isKnown(partition)) ? hostPath(partition) : null;
}

const inSys = (device: string): string => join('/sys/class/block', basename(device));
const isKnown = (device: string): Promise<boolean> => exists(inSys(device));

/** In a container nobody makes nodes of new devices. */
async function requireNode(context: WorkerContext, device: HostPath, scope: Scope): Promise<void> {
  const isThere = await stat(device).then(
    (stats) => stats.isBlockDevice(),
    () => false,
  );
  if (isThere) return;
  const [major = '', minor = ''] = (await readFile(join(inSys(device), 'dev'), 'utf8')).trim().split(':');
  await runTool(context, `making ${device}`, { argv: ['mknod', device, 'b', major, minor] });
  scope.defer(`the node ${device}`, () => rm(device, { force: true }));
}
