// SPDX-License-Identifier: Apache-2.0
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isSizedByContent, sizeLayout } from '../../disk/size-layout.ts';
import type { HostPath, TargetPath } from '../../model/brands.ts';
import { bytes, hostPath, MiB } from '../../model/brands.ts';
import { BuildFailure } from '../../model/failure.ts';
import type { ContentMeasure, DiskLayout, SizedDisk } from '../../model/layout.ts';
import type { PlannedDisk } from '../../model/plan.ts';
import type { WorkerContext } from '../context.ts';
import { keepImageInMemory } from './image-in-memory.ts';
import { makeFileSystems, refuseShortage } from './make-file-systems.ts';
import { measureTree } from './measure-tree.ts';
import { placeBootSectors } from './place-boot-sectors.ts';
import { writePartitionTable } from './write-partition-table.ts';

/** Lays the tree on disks, raw files made without a device. @returns the one that becomes the image. */
export async function makeDisk(context: WorkerContext, tree: HostPath): Promise<HostPath> {
  const planned = plannedDisk(context);
  const startedAt = Date.now();
  context.report({ kind: 'phase-started', phase: 'disk' });
  const mountPoints = mountPointsOf(planned.layout);
  const contents = await measureTree(context, tree, mountPoints);
  await keepImageInMemory(context, contents);
  await makeWithRoom(context, planned, { tree, mountPoints, contents });
  context.report({ kind: 'phase-finished', phase: 'disk', milliseconds: Date.now() - startedAt });
  return rawFile(context, imageDisk(planned.layout));
}

function plannedDisk({ plan }: WorkerContext): PlannedDisk {
  if (plan.disk === null) throw new Error('a disk is to be made and the plan has none');
  if (plan.disk.madeWith.way === 'files') return plan.disk;
  const message = `this image needs a block device (${plan.disk.madeWith.reason}), which is not supported yet`;
  throw new BuildFailure({ kind: 'input-invalid', problems: [{ message }] });
}

const mountPointsOf = ({ fileSystems }: DiskLayout): readonly TargetPath[] =>
  fileSystems.flatMap(({ mountPoint }) => (mountPoint === null ? [] : [mountPoint]));

const imageDisk = ({ disks }: DiskLayout): string =>
  disks.find(({ name }) => name === 'image0')?.name ?? disks[0]?.name ?? 'image0';

const rawFile = ({ paths }: WorkerContext, disk: string): HostPath =>
  hostPath(join(paths.image, `${disk}.raw`));

type Source = {
  readonly tree: HostPath;
  readonly mountPoints: readonly TargetPath[];
  readonly contents: readonly ContentMeasure[];
};

const MOST_ATTEMPTS = 4;

/**
 * File systems take more than their content in ways only they know. When one turns out full on a disk whose size is
 * ours to choose, it is made again with more room.
 */
async function makeWithRoom(context: WorkerContext, planned: PlannedDisk, source: Source): Promise<void> {
  let { contents } = source;
  for (let attempt = 1; ; attempt++) {
    try {
      await makeDisks(context, planned, { ...source, contents });
      return;
    } catch (error) {
      const full = attempt < MOST_ATTEMPTS ? growable(error, planned) : null;
      if (full === null) throw error;
      contents = contents.map((content) => (content.mountPoint === full ? grown(content) : content));
      context.report({ kind: 'note', text: `the file system at ${full} was full: making it larger` });
    }
  }
}

/** The mount point of the file system that was full, when its size follows from its content. */
function growable(error: unknown, { layout, request }: PlannedDisk): TargetPath | null {
  if (!(error instanceof BuildFailure) || error.failure.kind !== 'image-too-small') return null;
  const { fileSystem: node } = error.failure;
  const full = layout.fileSystems.find((fileSystem) => fileSystem.node === node);
  const disk = layout.disks.find(
    ({ name, table }) =>
      name === full?.base || table?.partitions.some((partition) => partition.name === full?.base),
  );
  const size = disk?.table?.partitions.find(({ name }) => name === full?.base)?.size;
  const isOurs =
    disk !== undefined && isSizedByContent(disk, request) && !(size !== undefined && 'bytes' in size);
  return isOurs ? (full?.mountPoint ?? null) : null;
}

const grown = (content: ContentMeasure): ContentMeasure => ({
  ...content,
  inodes: Math.ceil(content.inodes * 1.1),
  fileBytes: bytes(content.fileBytes + Math.max(32 * MiB, Math.ceil(content.fileBytes / 10))),
});

async function makeDisks(
  context: WorkerContext,
  { layout, request }: PlannedDisk,
  source: Source,
): Promise<void> {
  const sized = sizeLayout(layout, request, source.contents);
  if (!sized.ok) throw new BuildFailure({ kind: 'input-invalid', problems: sized.problems });
  refuseShortage(sized.value, source.contents);
  for (const disk of sized.value.disks) await makeOneDisk(context, disk, source);
}

async function makeOneDisk(context: WorkerContext, disk: SizedDisk, source: Source): Promise<void> {
  const file = rawFile(context, disk.name);
  await makeEmpty(file, disk.size);
  const { table } = disk;
  if (table !== null) await writePartitionTable(context, { ...disk, table }, file);
  await makeFileSystems(context, disk, { ...source, file });
  if (disk.fileSystems.some(({ mountPoint }) => mountPoint === '/')) {
    await placeBootSectors(context, disk, { tree: source.tree, file });
  }
}

async function makeEmpty(file: HostPath, size: number): Promise<void> {
  await rm(file, { force: true });
  const made = await open(file, 'wx', 0o644);
  await made.truncate(size);
  await made.close();
}
