// SPDX-License-Identifier: Apache-2.0
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { contentBytes } from '../../disk/content-need.ts';
import { isSizedByContent, sizeLayout } from '../../disk/size-layout.ts';
import type { HostPath, TargetPath } from '../../model/brands.ts';
import { bytes, hostPath, MiB, targetPath } from '../../model/brands.ts';
import { BuildFailure } from '../../model/failure.ts';
import type { ContentMeasure, DiskLayout, SizedDisk } from '../../model/layout.ts';
import type { PlannedDisk } from '../../model/plan.ts';
import type { DiskRequest } from '../../model/request.ts';
import type { WorkerContext } from '../context.ts';
import { measure } from '../measure.ts';
import { keepImageInMemory } from './image-in-memory.ts';
import { readTree } from './ext/read-tree.ts';
import type { DiskSource } from './make-file-systems.ts';
import { makeFileSystems, refuseShortage } from './make-file-systems.ts';
import { measureTree } from './measure-tree.ts';
import { placeBootSectors } from './place-boot-sectors.ts';
import type { RawImage } from './raw-image.ts';
import { wholeImage } from './raw-image.ts';
import { writePartitionTable } from './write-partition-table.ts';

/** A raw image and what is on it. */
export type MadeDisk = RawImage & { readonly disk: SizedDisk };

/** How a tree is laid on disks. */
export type DiskTerms = {
  /** The directories it was grown from, lowest first. */
  readonly layers: readonly HostPath[];
  /** Whether the images may borrow from the tree. */
  readonly mayBorrow: boolean;
};

const usual: DiskTerms = { layers: [], mayBorrow: false };

/** Lays the tree on disks, raw files made without a device. @returns the disk that becomes the image. */
export async function makeDisk(
  context: WorkerContext,
  tree: HostPath,
  terms: DiskTerms = usual,
): Promise<RawImage> {
  const planned = plannedDisk(context);
  const startedAt = Date.now();
  context.report({ kind: 'phase-started', phase: 'disk' });
  const measured = measure(context);
  const source = { ...(await sourceIn(context, planned.layout, tree)), ...terms };
  await keepImageInMemory(context, source.contents);
  const made = await makeWithRoom(context, planned, source);
  for (const { disk, file } of made.filter(holdsRoot)) await placeBootSectors(context, disk, { tree, file });
  const milliseconds = Date.now() - startedAt;
  context.report({ kind: 'phase-finished', phase: 'disk', milliseconds, ...measured() });
  return imageOf(made);
}

/** Disks that hooks will go on changing: larger than the tree they are filled from. */
export async function makeDisksForHooks(
  context: WorkerContext,
  tree: HostPath,
): Promise<readonly MadeDisk[]> {
  const planned = plannedDisk(context);
  const source = await sourceIn(context, planned.layout, tree);
  return makeWithRoom(context, withRoomForHooks(planned, source.contents), source);
}

/** One disk that a hook has divided, filled with the whole tree. */
export async function fillDisk(context: WorkerContext, made: MadeDisk, tree: HostPath): Promise<void> {
  const mountPoints = [targetPath('/')];
  const whole = await readTree(context, tree);
  const contents = measureTree(whole.tree, mountPoints);
  refuseShortage({ disks: [made.disk] }, contents);
  const source = { ...usual, tree, whole, mountPoints, contents, file: made.file };
  await makeFileSystems(context, made.disk, source);
}

/** Empty disks of the sizes that the tree asks for. */
export async function makeBlankDisk(context: WorkerContext, tree: HostPath): Promise<MadeDisk> {
  const planned = plannedDisk(context);
  const source = await sourceIn(context, planned.layout, tree);
  const { layout, request } = withRoomForHooks(planned, source.contents);
  const blank = sized(layout, request, source.contents).find(({ name }) => name === imageDisk(layout));
  if (blank === undefined) throw new Error('a layout without a disk was planned');
  const disk = { ...blank, table: null, fileSystems: [] };
  const file = rawFile(context, disk.name);
  await makeEmpty(file, disk.size);
  return { disk, ...wholeImage(file) };
}

/** The disk that becomes the image. */
export function imageOf<Made extends MadeDisk>(disks: readonly Made[]): Made {
  const image = disks.find(({ disk }) => disk.name === 'image0') ?? disks[0];
  if (image === undefined) throw new Error('no disk was made');
  return image;
}

export const holdsRoot = ({ disk }: MadeDisk): boolean =>
  disk.fileSystems.some(({ mountPoint }) => mountPoint === '/');

function plannedDisk({ plan }: WorkerContext): PlannedDisk {
  if (plan.disk === null) throw new Error('a disk is to be made and the plan has none');
  return plan.disk;
}

async function sourceIn(context: WorkerContext, layout: DiskLayout, tree: HostPath): Promise<Source> {
  const mountPoints = mountPointsOf(layout);
  const whole = await readTree(context, tree);
  return { ...usual, tree, whole, mountPoints, contents: measureTree(whole.tree, mountPoints) };
}

/** What the tree takes is six tenths of it, as dib-contract §2.9 says: hooks install boot loaders and more. */
function withRoomForHooks(planned: PlannedDisk, contents: readonly ContentMeasure[]): PlannedDisk {
  const { size, extraSize } = planned.request;
  if (size !== null || extraSize !== null) return planned;
  const taken = contentBytes(contents.find(({ mountPoint }) => mountPoint === '/'));
  const room = bytes(Math.max(256 * MiB, Math.ceil(taken / 0.6) - taken));
  return { ...planned, request: { ...planned.request, extraSize: room } };
}

const mountPointsOf = ({ fileSystems }: DiskLayout): readonly TargetPath[] =>
  fileSystems.flatMap(({ mountPoint }) => (mountPoint === null ? [] : [mountPoint]));

const imageDisk = ({ disks }: DiskLayout): string =>
  disks.find(({ name }) => name === 'image0')?.name ?? disks[0]?.name ?? 'image0';

const rawFile = ({ paths }: WorkerContext, disk: string): HostPath =>
  hostPath(join(paths.image, `${disk}.raw`));

type Source = Omit<DiskSource, 'file'>;

const MOST_ATTEMPTS = 4;

/**
 * File systems take more than their content in ways only they know. When one turns out full on a disk whose size is
 * ours to choose, it is made again with more room.
 */
async function makeWithRoom(
  context: WorkerContext,
  planned: PlannedDisk,
  source: Source,
): Promise<readonly MadeDisk[]> {
  let { contents } = source;
  for (let attempt = 1; ; attempt++) {
    try {
      return await makeDisks(context, planned, { ...source, contents });
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
): Promise<readonly MadeDisk[]> {
  const disks = sized(layout, request, source.contents);
  refuseShortage({ disks }, source.contents);
  const made: MadeDisk[] = [];
  for (const disk of disks) made.push(await makeOneDisk(context, disk, source));
  return made;
}

function sized(
  layout: DiskLayout,
  request: DiskRequest,
  contents: readonly ContentMeasure[],
): readonly SizedDisk[] {
  const result = sizeLayout(layout, request, contents);
  if (!result.ok) throw new BuildFailure({ kind: 'input-invalid', problems: result.problems });
  return result.value.disks;
}

async function makeOneDisk(context: WorkerContext, disk: SizedDisk, source: Source): Promise<MadeDisk> {
  const file = rawFile(context, disk.name);
  await makeEmpty(file, disk.size);
  const { table } = disk;
  if (table !== null) await writePartitionTable(context, { ...disk, table }, file);
  const borrowed = await makeFileSystems(context, disk, { ...source, file });
  return { disk, file, borrowed };
}

async function makeEmpty(file: HostPath, size: number): Promise<void> {
  await rm(file, { force: true });
  const made = await open(file, 'wx', 0o644);
  await made.truncate(size);
  await made.close();
}
