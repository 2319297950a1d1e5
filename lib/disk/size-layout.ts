// SPDX-License-Identifier: Apache-2.0
import type { Bytes } from '../model/brands.ts';
import { bytes, MiB } from '../model/brands.ts';
import type {
  ContentMeasure,
  Disk,
  DiskLayout,
  FileSystem,
  SizedDisk,
  SizedFileSystem,
  SizedLayout,
  SizedPartition,
} from '../model/layout.ts';
import type { Problem, Result } from '../model/problem.ts';
import { failed, success } from '../model/problem.ts';
import type { DiskRequest } from '../model/request.ts';
import { capacity, contentBytes, defaultSlack, canHoldInodes, neededSize } from './content-need.ts';
import { placePartitions, usableEnd } from './place-partitions.ts';

/**
 * Gives every disk, partition and file system its size and offset: an exact one where the configuration or the
 * request names it, else the smallest that holds the content and its slack.
 */
export function sizeLayout(
  layout: DiskLayout,
  request: DiskRequest,
  contents: readonly ContentMeasure[],
): Result<SizedLayout> {
  const problems: Problem[] = [];
  const disks = layout.disks.map((disk) => {
    const sized = sizeDisk(disk, layout, request, contents);
    problems.push(...misfits(disk, sized));
    return sized;
  });
  return problems.length > 0 ? failed(...problems) : success({ disks });
}

/** A file system that does not hold its content. */
export type Shortage = {
  readonly fileSystem: string;
  readonly neededBytes: number;
  readonly availableBytes: number;
};

/** Only what is certain: content that cannot fit by the file system's own arithmetic. */
export function shortages(sized: SizedLayout, contents: readonly ContentMeasure[]): readonly Shortage[] {
  return sized.disks.flatMap(({ fileSystems }) =>
    fileSystems.flatMap((fileSystem) => {
      const content = contentOf(fileSystem, contents);
      if (content === undefined) return [];
      const available = capacity(fileSystem, fileSystem.size);
      const isEnough = available >= contentBytes(content);
      if (isEnough && canHoldInodes(fileSystem, fileSystem.size, content.inodes)) return [];
      const neededBytes = neededSize(fileSystem, content, 0);
      return [{ fileSystem: fileSystem.node, neededBytes, availableBytes: fileSystem.size }];
    }),
  );
}

/** Whether a disk's size follows from its content. */
export const isSizedByContent = (disk: Disk, request: DiskRequest): boolean =>
  disk.size === null && request.size === null;

function sizeDisk(
  disk: Disk,
  layout: DiskLayout,
  request: DiskRequest,
  contents: readonly ContentMeasure[],
): SizedDisk {
  const needs = new Map(
    layout.fileSystems.map((fileSystem) => {
      const content = contentOf(fileSystem, contents);
      return [fileSystem.base, neededSize(fileSystem, content, slackOf(fileSystem, request, content))];
    }),
  );
  const size = disk.size ?? request.size ?? smallestSize(disk, needs);
  const partitions = placePartitions(disk, size);
  const { name, sectorSize, table } = disk;
  return {
    name,
    sectorSize,
    size,
    table: table === null ? null : { label: table.label, id: table.id, partitions },
    fileSystems: layout.fileSystems.flatMap((fileSystem) =>
      placeFileSystem(fileSystem, { name, size }, partitions),
    ),
  };
}

/** `--image-extra-size` is room on the root file system; the others keep the default. */
function slackOf(fileSystem: FileSystem, request: DiskRequest, content: ContentMeasure | undefined): number {
  return fileSystem.mountPoint === '/' && request.extraSize !== null
    ? request.extraSize
    : defaultSlack(content);
}

const contentOf = (
  { mountPoint }: FileSystem,
  contents: readonly ContentMeasure[],
): ContentMeasure | undefined => contents.find((content) => content.mountPoint === mountPoint);

/** The smallest whole number of mebibytes on which every partition of relative size holds what it must. */
function smallestSize(disk: Disk, needs: ReadonlyMap<string, number>): Bytes {
  if (disk.table === null) return bytes(needs.get(disk.name) ?? MiB);
  const holds = (mebibytes: number): boolean => fits(disk, bytes(mebibytes * MiB), needs);
  let high = 64;
  while (!holds(high) && high < largestDisk) high *= 2;
  let low = 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return bytes(low * MiB);
}

/** In mebibytes, 1 EiB: where the search for a size gives up, as for a share of nothing. */
const largestDisk = 2 ** 40;

function fits(disk: Disk, size: Bytes, needs: ReadonlyMap<string, number>): boolean {
  const placed = placePartitions(disk, size);
  const isRoomy = (disk.table?.partitions ?? []).every(({ name, size: wanted }) => {
    const need = 'bytes' in wanted ? 0 : (needs.get(name) ?? MiB);
    return placed.some((partition) => partition.name === name && partition.size >= need);
  });
  return isRoomy && endOf(placed) <= usableEnd(disk, size);
}

const endOf = (partitions: readonly SizedPartition[]): number =>
  Math.max(0, ...partitions.map(({ start, size }) => start + size));

function placeFileSystem(
  fileSystem: FileSystem,
  disk: { readonly name: string; readonly size: Bytes },
  partitions: readonly SizedPartition[],
): readonly SizedFileSystem[] {
  if (fileSystem.base === disk.name) return [{ ...fileSystem, offset: bytes(0), size: disk.size }];
  const partition = partitions.find(({ name, kind }) => name === fileSystem.base && kind !== 'extended');
  return partition === undefined ? [] : [{ ...fileSystem, offset: partition.start, size: partition.size }];
}

function misfits(disk: Disk, sized: SizedDisk): readonly Problem[] {
  const partitions = sized.table?.partitions ?? [];
  const squeezed = partitions
    .filter(({ size }) => size <= 0)
    .map(({ name }) => ({
      message: `nothing of the disk ${disk.name} (${inMiB(sized.size)}) is left for the partition ${name}`,
    }));
  const end = endOf(partitions);
  if (squeezed.length > 0 || end <= usableEnd(disk, sized.size)) return squeezed;
  const message = `the partitions of ${disk.name} need ${inMiB(end + MiB)}, the disk has ${inMiB(sized.size)}`;
  return [{ message, hints: ['give a larger size with --image-size, or make the partitions smaller'] }];
}

const inMiB = (size: number): string => `${Math.ceil(size / MiB)} MiB`;
