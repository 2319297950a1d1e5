// SPDX-License-Identifier: Apache-2.0
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Host } from '../../host/host.ts';
import type { DiskVolume } from './disk-volumes.ts';
import { readVolumes } from './disk-volumes.ts';
import { furtherMounts } from './old-fstab.ts';
import { RefusedBase } from './refused-base.ts';
import { findRootDirectory, mountVolume } from './mount-volume.ts';
import type { Scope } from '../scope.ts';
import { withScope } from '../scope.ts';

export type DiskUnpacking = {
  readonly host: Host;
  /** A disk in any form that qemu-img reads. */
  readonly image: string;
  /** An empty directory. */
  readonly tree: string;
  /** Where there is room for the disk as it is when it comes in another form. */
  readonly scratch: string;
  /** Of the disk's sectors; null: found out. */
  readonly sectorBytes: number | null;
  /** Whether libguestfs, which needs no root, reads the disk. */
  readonly byGuestfish: boolean;
  readonly say: (text: string) => void;
};

/**
 * Copies the root file system of a disk, and those that its fstab mounts in it, with owners, modes, extended attributes
 * and hard links. The disk is not changed. Mounts, so only for root. @throws RefusedBase
 */
export async function unpackDisk(unpacking: DiskUnpacking): Promise<void> {
  if (unpacking.byGuestfish) return copyByGuestfish(unpacking);
  await refuseWithoutRoot(unpacking.image);
  await withScope(unpacking.say, async (scope) => {
    const disk = await plainDisk(unpacking, scope);
    const volumes = await readVolumes(unpacking.host, disk, unpacking.sectorBytes);
    const root = await copyRoot({ ...unpacking, disk }, volumes);
    const fstab = await readFile(join(unpacking.tree, 'etc/fstab'), 'utf8').catch(() => '');
    const { found, missing } = furtherMounts(fstab, volumes, root);
    for (const path of missing) unpacking.say(`what belongs at ${path} is not on the disk`);
    for (const { path, volume } of found) {
      unpacking.say(`${path}: ${volume.type} of partition ${volume.number}`);
      await copyVolume({ ...unpacking, disk }, volume, join(unpacking.tree, path));
    }
  });
}

type Copying = DiskUnpacking & { readonly disk: string };

/** It starts a small machine, finds the system and mounts what its fstab says. */
async function copyByGuestfish({ host, image, tree, scratch, say }: DiskUnpacking): Promise<void> {
  await withScope(say, async (scope) => {
    const archive = join(scratch, `base-disk-${process.pid}.tar`);
    scope.defer(`the file ${archive}`, () => rm(archive, { force: true }));
    const out = ['tar-out', '/', archive, 'numericowner:true', 'xattrs:true', 'acls:true'];
    await runOrRefuse(host, ['guestfish', '--ro', '--add', image, '--inspector', ...out], image);
    const options = [
      '--numeric-owner',
      '--same-owner',
      '--same-permissions',
      '--acls',
      '--xattrs',
      '--xattrs-include=*',
    ];
    const kept = ['--anchored', '--exclude=./dev/*', '--exclude=dev/*'];
    await runOrRefuse(
      host,
      ['tar', '--extract', `--file=${archive}`, `--directory=${tree}`, ...options, ...kept],
      image,
    );
  });
}

async function runOrRefuse(host: Host, argv: readonly [string, ...string[]], image: string): Promise<void> {
  const { exitStatus, lastLines } = await host.run({ argv });
  if (exitStatus !== 0) throw new RefusedBase([`${image} cannot be copied:`, ...lastLines].join('\n'));
}

/** Loop devices belong to the machine, not to a user's namespace. */
async function refuseWithoutRoot(image: string): Promise<void> {
  const map = await readFile('/proc/self/uid_map', 'utf8');
  if (process.getuid?.() === 0 && /^\s*0\s+0\s+4294967295\s*$/.test(map)) return;
  throw new RefusedBase(
    `${image}: the file systems of a disk image have to be mounted, which only root may: build as root or with ` +
      '--isolation sudo, or install guestfish and set DIB_IMAGE_EXTRACT_GUESTFISH=1',
  );
}

async function plainDisk({ host, image, scratch, say }: DiskUnpacking, scope: Scope): Promise<string> {
  const info = await host.run({ argv: ['qemu-img', 'info', '--output=json', image] });
  if (info.exitStatus !== 0)
    throw new RefusedBase([`${image} cannot be read:`, ...info.lastLines].join('\n'));
  const { format } = JSON.parse(info.stdout) as { readonly format: string };
  if (format === 'raw') return image;
  const disk = join(scratch, `base-disk-${process.pid}.raw`);
  scope.defer(`the file ${disk}`, () => rm(disk, { force: true }));
  say(`unpacking ${image}, which is ${format}`);
  const converted = await host.run({ argv: ['qemu-img', 'convert', '-O', 'raw', image, disk] });
  if (converted.exitStatus !== 0)
    throw new RefusedBase([`${image} cannot be unpacked:`, ...converted.lastLines].join('\n'));
  return disk;
}

async function copyRoot(copying: Copying, volumes: readonly DiskVolume[]): Promise<DiskVolume> {
  for (const volume of volumes) {
    if (!isMountable(volume)) continue;
    const isRoot = await withScope(copying.say, async (scope) => {
      const mounted = await mountVolume(copying, volume, scope);
      const directory = await findRootDirectory(mounted);
      if (directory === null) return false;
      copying.say(
        `/: ${volume.type} of ${volume.number === null ? 'the disk' : `partition ${volume.number}`}`,
      );
      await copyFiles(copying, directory, copying.tree);
      return true;
    });
    if (isRoot) return volume;
  }
  const types = volumes.map(({ type }) => type ?? 'unknown').join(', ');
  const hint = volumes.some(({ type }) => type === 'LVM2_member')
    ? '; logical volumes are not looked into'
    : '';
  throw new RefusedBase(`${copying.image} has no root file system that is known (found: ${types})${hint}`);
}

const isMountable = ({ type }: DiskVolume): boolean =>
  type !== null && /^(ext[234]|xfs|btrfs|f2fs|squashfs|erofs)$/.test(type);

async function copyVolume(copying: Copying, volume: DiskVolume, target: string): Promise<void> {
  await mkdir(target, { recursive: true });
  if (volume.type === 'vfat') return copyFat(copying, volume, target);
  if (!isMountable(volume)) {
    throw new RefusedBase(
      `${copying.image}: a file system of type ${volume.type ?? 'unknown'} cannot be copied`,
    );
  }
  await withScope(copying.say, async (scope) =>
    copyFiles(copying, await mountVolume(copying, volume, scope), target),
  );
}

/** Links, owners, attributes and holes included; nothing is left out silently. */
async function copyFiles({ host, image }: Copying, from: string, to: string): Promise<void> {
  const options = ['--recursive', '--no-dereference', '--preserve=all', '--sparse=auto'];
  await runOrRefuse(host, ['cp', ...options, `${from}/.`, to], image);
  await rm(join(to, 'lost+found'), { recursive: true, force: true });
}

/** FAT knows no owners, so nothing has to be mounted for it, which not every kernel can. */
async function copyFat(
  { host, image, disk }: Copying,
  { offset }: DiskVolume,
  target: string,
): Promise<void> {
  const words = ['mcopy', '-s', '-n', '-m', '-i', `${disk}@@${offset}`, '::*', target];
  await runOrRefuse(host, ['env', 'MTOOLS_SKIP_CHECK=1', ...words], image);
}
