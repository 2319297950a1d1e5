// SPDX-License-Identifier: Apache-2.0
import { chmod, chown, lstat, mkdir, mkdtemp, utimes } from 'node:fs/promises';
import type { Stats } from 'node:fs';
import { join } from 'node:path';
import type { HostPath, TargetPath } from '../../model/brands.ts';
import { hostPath } from '../../model/brands.ts';
import { BuildFailure } from '../../model/failure.ts';
import { mount } from '../tree/api-mounts.ts';
import type { WorkerContext } from '../context.ts';
import type { Scope } from '../scope.ts';

/** What one file system holds: the tree from its mount point on, with other mount points empty. */
export type FileSystemView = {
  readonly directory: HostPath;
  /** Where in the tree the same files are, also when the scope has closed. */
  readonly source: HostPath;
  /** Mount points inside it that the tree does not have, relative to it. */
  readonly missing: readonly string[];
};

type Wanted = {
  readonly tree: HostPath;
  readonly mountPoint: TargetPath;
  /** Those of all file systems of the image. */
  readonly mountPoints: readonly TargetPath[];
};

/** The view lasts until the scope closes. */
export async function openView(
  context: WorkerContext,
  { tree, mountPoint, mountPoints }: Wanted,
  scope: Scope,
): Promise<FileSystemView> {
  const nested = outermostBelow(mountPoint, mountPoints);
  const source = await directoryInTree(tree, mountPoint);
  if (source === null) {
    const directory = await newDirectory(context);
    return { directory, source: directory, missing: nested };
  }
  const found: string[] = [];
  for (const path of nested) {
    if ((await directoryInTree(tree, join(mountPoint, path))) !== null) found.push(path);
  }
  const missing = nested.filter((path) => !found.includes(path));
  if (found.length === 0) return { directory: source, source, missing };
  const directory = await newDirectory(context);
  await mount({ ...context, scope }, ['--bind', source, directory], directory);
  for (const path of found) await hide({ ...context, scope }, join(directory, path));
  return { directory, source, missing };
}

/** `boot/efi` for `/` when it is a mount point; not what lies below another one in between. */
function outermostBelow(mountPoint: TargetPath, mountPoints: readonly TargetPath[]): readonly string[] {
  const prefix = mountPoint === '/' ? '/' : `${mountPoint}/`;
  const below = mountPoints.filter((path) => path !== mountPoint && path.startsWith(prefix));
  return below
    .filter((path) => !below.some((other) => path.startsWith(`${other}/`)))
    .map((path) => path.slice(prefix.length));
}

/** A link among the parts of a mount point could lead out of the tree, so none is followed. */
async function directoryInTree(tree: HostPath, path: string): Promise<HostPath | null> {
  let reached: string = tree;
  for (const part of path.split('/').filter((word) => word !== '')) {
    reached = join(reached, part);
    const stats = await lstat(reached).catch(() => null);
    if (stats === null) return null;
    if (!stats.isDirectory()) throw notADirectory(path);
  }
  return hostPath(reached);
}

function notADirectory(path: string): BuildFailure {
  const message = `a file system is to be mounted at ${path}, which is not a directory in the tree`;
  return new BuildFailure({ kind: 'input-invalid', problems: [{ message }] });
}

async function newDirectory(context: WorkerContext): Promise<HostPath> {
  const views = join(context.paths.work, 'views');
  await mkdir(views, { recursive: true });
  const directory = await mkdtemp(join(views, 'view.'));
  await chmod(directory, 0o755);
  return hostPath(directory);
}

async function hide(context: WorkerContext, directory: string): Promise<void> {
  const before = await lstat(directory);
  await mount(context, ['-t', 'tmpfs', '-o', 'size=64k', 'hidden', directory], directory);
  await copyAttributes(before, directory);
}

async function copyAttributes({ uid, gid, mode, atime, mtime }: Stats, to: string): Promise<void> {
  await chown(to, uid, gid);
  await chmod(to, mode & 0o7777);
  await utimes(to, atime, mtime);
}
