// SPDX-License-Identifier: Apache-2.0
import { shortages } from '../../disk/size-layout.ts';
import { neededSize } from '../../disk/content-need.ts';
import { isExt, isFat } from '../../disk/file-system-types.ts';
import type { HostPath, TargetPath } from '../../model/brands.ts';
import { targetPath } from '../../model/brands.ts';
import { BuildFailure } from '../../model/failure.ts';
import type { ContentMeasure, SizedDisk, SizedFileSystem, SizedLayout } from '../../model/layout.ts';
import type { WorkerContext } from '../context.ts';
import { FileSystemFull } from './ext/free-space.ts';
import type { ReadTree } from './ext/read-tree.ts';
import { openView } from './file-system-view.ts';
import { makeVfat } from './fill-vfat.ts';
import { makeExt } from './make-ext.ts';
import { makeSwap } from './make-swap.ts';
import type { BorrowedBytes } from './raw-image.ts';
import { withScope } from '../scope.ts';

export type DiskSource = {
  readonly tree: HostPath;
  readonly whole: ReadTree;
  readonly file: HostPath;
  readonly mountPoints: readonly TargetPath[];
  readonly contents: readonly ContentMeasure[];
  /** The directories the tree was grown from, lowest first. */
  readonly layers: readonly HostPath[];
  /** Whether content may be left in the tree, for whoever reads the raw file to find it there. */
  readonly mayBorrow: boolean;
};

/** @throws BuildFailure image-too-small for content that cannot fit, before anything is made. */
export function refuseShortage(sized: SizedLayout, contents: readonly ContentMeasure[]): void {
  const [shortage] = shortages(sized, contents);
  if (shortage !== undefined) throw new BuildFailure({ kind: 'image-too-small', ...shortage });
}

/**
 * Makes and fills the file systems of one disk.
 * @returns what was left in the tree, in rising order.
 * @throws BuildFailure image-too-small when one turns out full.
 */
export async function makeFileSystems(
  context: WorkerContext,
  disk: SizedDisk,
  source: DiskSource,
): Promise<readonly BorrowedBytes[]> {
  const borrowed: (readonly BorrowedBytes[])[] = [];
  for (const fileSystem of disk.fileSystems) {
    const text = `making ${fileSystem.node}: ${fileSystem.type} at ${fileSystem.mountPoint ?? 'no mount point'}`;
    context.report({ kind: 'note', text });
    const made = await makeFileSystem(context, disk, { ...source, fileSystem }).catch((error: unknown) => {
      throw isFull(error) ? tooSmall(fileSystem, source.contents) : error;
    });
    borrowed.push(made);
  }
  return borrowed.flat().sort((a, b) => a.start - b.start);
}

async function makeFileSystem(
  context: WorkerContext,
  disk: SizedDisk,
  source: DiskSource & { readonly fileSystem: SizedFileSystem },
): Promise<readonly BorrowedBytes[]> {
  const { tree, file, mountPoints, fileSystem } = source;
  if (fileSystem.type === 'swap') {
    await makeSwap(context, fileSystem, file);
    return [];
  }
  const warn = (text: string): void => context.report({ kind: 'warning', text });
  return withScope(warn, async (scope) => {
    const mountPoint = fileSystem.mountPoint ?? unmounted;
    const view = await openView(context, { tree, mountPoint, mountPoints }, scope);
    if (isExt(fileSystem.type)) return makeExt(context, fileSystem, { ...source, view });
    if (!isFat(fileSystem.type)) {
      throw new Error(`no way to make a file system of type ${fileSystem.type}`);
    }
    await makeVfat(context, fileSystem, { view, file, sectorSize: disk.sectorSize });
    return [];
  });
}

/** A file system that is mounted nowhere is made empty. */
const unmounted = targetPath('/.nowhere');

/** Words of mke2fs and mtools when the file system, not the host, has no room. */
const fullMessages = /Could not allocate (block|inode)|No free space in the directory|Disk full/i;

const isFull = (error: unknown): boolean =>
  error instanceof FileSystemFull ||
  (error instanceof BuildFailure &&
    error.failure.kind === 'command-failed' &&
    fullMessages.test(error.failure.lastLines.join('\n')));

function tooSmall(fileSystem: SizedFileSystem, contents: readonly ContentMeasure[]): BuildFailure {
  const content = contents.find(({ mountPoint }) => mountPoint === fileSystem.mountPoint);
  const { node, size } = fileSystem;
  const neededBytes = Math.max(neededSize(fileSystem, content, 0), Math.ceil(size * 1.05));
  return new BuildFailure({ kind: 'image-too-small', fileSystem: node, neededBytes, availableBytes: size });
}
