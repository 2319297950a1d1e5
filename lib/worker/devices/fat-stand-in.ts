// SPDX-License-Identifier: Apache-2.0
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostPath } from '../../model/brands.ts';
import { hostPath } from '../../model/brands.ts';
import type { SizedFileSystem } from '../../model/layout.ts';
import type { WorkerContext } from '../context.ts';
import { makeVfat } from '../disk/fill-vfat.ts';
import { runToolQuietly } from '../run-tool-quietly.ts';
import type { Scope } from '../scope.ts';
import { mount } from '../tree/api-mounts.ts';
import type { AttachedDisk } from './attach-disk.ts';
import { deviceOf } from './attach-disk.ts';

/** A directory in the place of a FAT file system that this machine's kernel cannot mount. */
export type StandIn = {
  readonly directory: HostPath;
  readonly disk: AttachedDisk;
  readonly fileSystem: SizedFileSystem;
};

type Place = Omit<StandIn, 'directory'>;

/**
 * Holds what the file system holds, until the scope closes. Its mount has the name of the device: who asks where a
 * file lies, as grub-install does, is led there and finds the FAT file system.
 */
export async function openStandIn(context: WorkerContext, place: Place, scope: Scope): Promise<StandIn> {
  const { disk, fileSystem } = place;
  const directory = hostPath(join(context.paths.work, 'stand-ins', fileSystem.node));
  await mkdir(directory, { recursive: true });
  const options = `mode=755,size=${fileSystem.size}`;
  const words = ['-t', 'tmpfs', '-o', options, deviceOf(disk, fileSystem), directory];
  await mount({ ...context, scope }, words, directory);
  const image = `${disk.file}@@${fileSystem.offset}`;
  const copy = ['mcopy', '-i', image, '-s', '-p', '-m', '-Q', '::/', `${directory}/`];
  await runToolQuietly(context, `reading the file system ${fileSystem.node}`, {
    argv: ['env', 'TZ=UTC', 'MTOOLS_SKIP_CHECK=1', ...copy],
  });
  const text = `this machine's kernel cannot mount ${fileSystem.type}: a directory stands in for ${fileSystem.node} at ${fileSystem.mountPoint ?? ''}, which is made from it after the hooks`;
  context.report({ kind: 'note', text });
  return { ...place, directory };
}

/** Makes the file system anew from what hooks made of the directory. The disk must be detached. */
export async function fillFromStandIn(
  context: WorkerContext,
  { directory, disk, fileSystem }: StandIn,
): Promise<void> {
  const { sectorSize } = disk.disk;
  await makeVfat(context, fileSystem, {
    view: { directory, source: directory, missing: [] },
    file: disk.file,
    sectorSize,
  });
}
