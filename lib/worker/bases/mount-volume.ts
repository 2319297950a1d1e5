// SPDX-License-Identifier: Apache-2.0
import { lstat, mkdtemp, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command, Host } from '../../host/host.ts';
import type { Scope } from '../scope.ts';
import type { DiskVolume } from './disk-volumes.ts';
import { RefusedBase } from './refused-base.ts';

export type MountingDisk = {
  readonly host: Host;
  readonly image: string;
  readonly disk: string;
  readonly scratch: string;
  readonly say: (text: string) => void;
};

/** Mounts it to be read, till the scope ends; the loop device ends with the mount. @returns the directory. */
export async function mountVolume(
  { host, image, disk, scratch, say }: MountingDisk,
  volume: DiskVolume,
  scope: Scope,
): Promise<string> {
  const directory = await mkdtemp(join(scratch, 'base-'));
  scope.defer(`the directory ${directory}`, () => rmdir(directory));
  const mount = (options: string): Command => ({
    argv: ['mount', '-t', volume.type ?? 'auto', '-o', `${optionsOf(volume)},${options}`, disk, directory],
  });
  let result = await host.run(mount('ro'));
  const asItIs = withoutJournal[volume.type ?? ''];
  if (result.exitStatus !== 0 && asItIs !== undefined) {
    result = await host.run(mount(`ro,${asItIs}`));
    if (result.exitStatus === 0)
      say('a file system was not unmounted cleanly: what only its journal has is lost');
  }
  if (result.exitStatus !== 0) {
    const where = volume.number === null ? 'the disk' : `partition ${volume.number}`;
    throw new RefusedBase([`${image}: ${where} cannot be mounted:`, ...result.lastLines].join('\n'));
  }
  scope.defer(`the mount ${directory}`, async () => {
    const { exitStatus, lastLines } = await host.run({ argv: ['umount', directory] });
    if (exitStatus !== 0) throw new Error(lastLines.join('\n'));
  });
  return directory;
}

/** Two copies of one xfs may not be mounted at once, unless told so: the machine itself may run from the other. */
const optionsOf = ({ type, offset, size }: DiskVolume): string =>
  `loop,offset=${offset},sizelimit=${size}${type === 'xfs' ? ',nouuid' : ''}`;

const withoutJournal: Readonly<Record<string, string>> = {
  ext3: 'noload',
  ext4: 'noload',
  xfs: 'norecovery',
  btrfs: 'rescue=nologreplay',
};

/** Where the root of a system is in a mounted file system, which may be a subvolume; null: it holds none. */
export async function findRootDirectory(mounted: string): Promise<string | null> {
  for (const name of ['.', '@', 'root', '@rootfs']) {
    const directory = join(mounted, name);
    const isRoot = await Promise.all(['etc', 'usr'].map((part) => isDirectory(join(directory, part))));
    if (isRoot.every((is) => is)) return directory;
  }
  return null;
}

const isDirectory = (path: string): Promise<boolean> =>
  lstat(path).then(
    (status) => status.isDirectory(),
    () => false,
  );
