// SPDX-License-Identifier: Apache-2.0
import { mkdir, readdir, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Host } from '../../host/host.ts';
import type { HostPath } from '../../model/brands.ts';
import { KiB } from '../../model/brands.ts';
import { BuildFailure } from '../../model/failure.ts';
import type { Store, StoreKind } from '../../model/store-paths.ts';
import { ensureEmptyLayer } from '../../store/layers.ts';
import { copyWay } from './copy-way.ts';
import { overlayOptions, overlayWay } from './overlay-way.ts';
import type { TreeWay } from './tree-way.ts';

type Probe = {
  readonly kind: StoreKind;
  /** To try in, in the store; made and removed when that is needed. */
  readonly directory: HostPath;
};

/** Overlays where the store's file system can hold their upper directories, else copies. @throws BuildFailure. */
export async function chooseWay(host: Host, store: Store, { kind, directory }: Probe): Promise<TreeWay> {
  const { type } = await statfs(store.work);
  const overlay = overlayWay(kind, await ensureEmptyLayer(store));
  if (sureTypes[kind].includes(type)) return overlay;
  await mkdir(directory);
  try {
    if (await holdsOverlays(host, directory, kind)) return overlay;
    const name = await nameOfFileSystem(host, directory);
    await requireOwners(host, { store, directory, name });
    return copyWay(noteOn(store, name, await sharesBlocks(host, directory)));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

const EXT = 0xef53;
const XFS = 0x58465342;
const BTRFS = 0x9123683e;
const TMPFS = 0x01021994;

/** Known to hold them: asked only of its type, a store costs a build nothing. Users' overlays need attributes, as tmpfs has since Linux 6.6. */
const sureTypes: Readonly<Record<StoreKind, readonly number[]>> = {
  root: [EXT, XFS, BTRFS, TMPFS],
  user: [EXT, XFS, BTRFS],
};

/** Tried with what upper directories are for: something removed, and a directory made anew in its place. */
async function holdsOverlays(host: Host, directory: string, kind: StoreKind): Promise<boolean> {
  const [lower, upper, work, at] = ['l', 'u', 'w', 'm'].map((name) => join(directory, name));
  if (lower === undefined || upper === undefined || work === undefined || at === undefined) return false;
  for (const path of [join(lower, 'd'), upper, work, at]) await mkdir(path, { recursive: true });
  await writeFile(join(lower, 'd/f'), '');
  const directories = ['lowerdir=l', 'upperdir=u', 'workdir=w', 'volatile'];
  const options = [...directories, ...overlayOptions(kind)].join(',');
  const mounted = await host.run({
    argv: ['mount', '-t', 'overlay', '-o', options, 'probe', at],
    cwd: directory,
  });
  if (mounted.exitStatus !== 0) return false;
  try {
    return await replacesDirectory(join(at, 'd'));
  } finally {
    await host.run({ argv: ['umount', '--lazy', at] });
  }
}

async function replacesDirectory(path: string): Promise<boolean> {
  try {
    await rm(path, { recursive: true });
    await mkdir(path);
    return (await readdir(path)).length === 0;
  } catch {
    return false;
  }
}

async function nameOfFileSystem(host: Host, directory: string): Promise<string> {
  const { stdout } = await host.run({ argv: ['stat', '--file-system', '--format=%T', directory] });
  const name = stdout.trim();
  return spokenNames[name] ?? (name === '' || name.startsWith('UNKNOWN') ? 'a file system' : name);
}

/** Where stat(1) does not say it as people do. */
const spokenNames: Readonly<Record<string, string>> = {
  overlayfs: 'an overlay',
  fuseblk: 'FUSE',
  nfs: 'NFS',
  msdos: 'vfat',
};

type Probed = { readonly store: Store; readonly directory: string; readonly name: string };

/** A tree has links, and files of many owners. */
async function requireOwners(host: Host, { store, directory, name }: Probed): Promise<void> {
  const file = join(directory, 'file');
  await writeFile(file, 'x'.repeat(4 * KiB));
  const trials = [
    ['chown', '1:1', file],
    ['chmod', '4711', file],
    ['ln', '--symbolic', 'file', join(directory, 'symlink')],
    ['ln', file, join(directory, 'hard-link')],
  ] as const;
  for (const argv of trials) {
    const tried = await host.run({ argv });
    if (tried.exitStatus !== 0) throw unfit(store, name, tried.lastLines);
  }
}

function unfit(store: Store, name: string, lines: readonly string[]): BuildFailure {
  const message = `the store ${store.root} is on ${name}, which cannot hold the files of a system with owners, modes and links`;
  const hints = [
    ...lines,
    'name a directory on ext4, xfs, btrfs or tmpfs with --image-cache or DIB_IMAGE_CACHE',
  ];
  return new BuildFailure({ kind: 'input-invalid', problems: [{ message, hints }] });
}

/** Whether a copy is made without copying the blocks. */
async function sharesBlocks(host: Host, directory: string): Promise<boolean> {
  const argv = ['cp', '--reflink=always', join(directory, 'file'), join(directory, 'reflink')] as const;
  return (await host.run({ argv })).exitStatus === 0;
}

const noteOn = ({ root }: Store, name: string, isByReflink: boolean): string =>
  `the store ${root} is on ${name}, where overlayfs cannot write: layers are copied, ${isByReflink ? 'by reflink' : 'in full'}, ` +
  'which takes longer; DIB_IMAGE_CACHE on ext4, xfs, btrfs or tmpfs avoids it';
