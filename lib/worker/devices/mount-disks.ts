// SPDX-License-Identifier: Apache-2.0
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isFat } from '../../disk/file-system-types.ts';
import type { HostPath } from '../../model/brands.ts';
import { hostPath } from '../../model/brands.ts';
import { BuildFailure } from '../../model/failure.ts';
import type { SizedFileSystem } from '../../model/layout.ts';
import type { WorkerContext } from '../context.ts';
import { refuseWhenStopped } from '../context.ts';
import type { Scope } from '../scope.ts';
import { mount } from '../tree/api-mounts.ts';
import type { AttachedDisk } from './attach-disk.ts';
import { deviceOf } from './attach-disk.ts';
import type { StandIn } from './fat-stand-in.ts';
import { openStandIn } from './fat-stand-in.ts';

export type MountedDisks = {
  /** Where `/` of the image is mounted, and below it the others. */
  readonly directory: HostPath;
  readonly mountPoints: readonly HostPath[];
  /** Their file systems are not mounted, and are to be made anew from them. */
  readonly standIns: readonly StandIn[];
};

/** @param scopes `mounts`: the file systems are mounted until it closes; `standIns`: closes later. */
export async function mountDisks(
  context: WorkerContext,
  disks: readonly AttachedDisk[],
  scopes: { readonly mounts: Scope; readonly standIns: Scope },
): Promise<MountedDisks> {
  const directory = hostPath(join(context.paths.work, 'disk'));
  await mkdir(directory, { recursive: true });
  const mountPoints: HostPath[] = [];
  const standIns: StandIn[] = [];
  for (const { disk, fileSystem, mountPoint } of inOrder(disks)) {
    const at = hostPath(join(directory, mountPoint));
    await mkdir(at, { recursive: true });
    const mounting = { context, scope: scopes.mounts, at };
    if (await mountFileSystem(mounting, fileSystem, deviceOf(disk, fileSystem))) mountPoints.push(at);
    else {
      const standIn = await openStandIn(context, { disk, fileSystem }, scopes.standIns);
      await mount({ ...context, scope: scopes.mounts }, ['--bind', standIn.directory, at], at);
      standIns.push(standIn);
    }
  }
  return { directory, mountPoints, standIns };
}

/** As upstream: in the plain order of the mount points' text, which puts `/` first. */
function inOrder(disks: readonly AttachedDisk[]): readonly {
  readonly disk: AttachedDisk;
  readonly fileSystem: SizedFileSystem;
  readonly mountPoint: string;
}[] {
  const mounted = disks
    .flatMap((disk) => disk.disk.fileSystems.map((fileSystem) => ({ disk, fileSystem })))
    .flatMap((both) => {
      const { mountPoint, type } = both.fileSystem;
      return mountPoint === null || type === 'swap' ? [] : [{ ...both, mountPoint }];
    })
    .sort((a, b) => (a.mountPoint < b.mountPoint ? -1 : 1));
  if (mounted[0]?.mountPoint === '/') return mounted;
  const message = 'no file system of the disk is mounted at /, and hooks need one to work on';
  throw new BuildFailure({ kind: 'input-invalid', problems: [{ message }] });
}

type Mounting = { readonly context: WorkerContext; readonly scope: Scope; readonly at: HostPath };

/** @returns false when it is of a kind that this kernel cannot mount and that something else can stand in for. */
async function mountFileSystem(
  { context, scope, at }: Mounting,
  { type, node }: SizedFileSystem,
  device: HostPath,
): Promise<boolean> {
  refuseWhenStopped(context);
  const argv = ['mount', '-t', type, '-o', 'noatime', device, at] as const;
  const { exitStatus, signal, lastLines } = await context.host.run({ argv });
  if (exitStatus === 0) {
    scope.defer(`the mount of ${node}`, () => unmount(context, at));
    return true;
  }
  if (isFat(type) && !(await isInKernel(type))) return false;
  const doing = `mounting the file system ${node}`;
  throw new BuildFailure({ kind: 'command-failed', doing, argv, exitStatus, signal, lastLines });
}

/** To be asked after mount(8) has made the kernel look for a module. */
async function isInKernel(type: string): Promise<boolean> {
  const known = await readFile('/proc/filesystems', 'utf8');
  return known.split('\n').some((line) => line.split('\t')[1] === type);
}

/** What a hook hides below goes with it. */
async function unmount({ host }: WorkerContext, at: HostPath): Promise<void> {
  const result = await host.run({ argv: ['umount', '--lazy', at] });
  if (result.exitStatus !== 0) throw new Error(result.lastLines.join(' '));
}
