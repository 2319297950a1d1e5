// SPDX-License-Identifier: Apache-2.0
import type { Bytes } from '../model/brands.ts';
import { bytes, MiB } from '../model/brands.ts';
import type { Disk, Partition, PartitionTable, SizedPartition } from '../model/layout.ts';

/**
 * Where the partitions of a table lie on a disk of the given size. A partition for which nothing is left has size 0
 * or less: the caller reports it. Source of the arithmetic: dib-contract §2.10 and the reference's tables.
 */
export function placePartitions(disk: Disk, size: Bytes): readonly SizedPartition[] {
  if (disk.table === null) return [];
  return disk.table.label === 'gpt'
    ? placeGpt(disk.table.partitions, size)
    : placeMbr(disk.table, disk.sectorSize, size);
}

/** GPT keeps a mebibyte at each end; partitions are whole mebibytes, one after the other. */
function placeGpt(partitions: readonly Partition[], diskSize: Bytes): readonly SizedPartition[] {
  let free = roundDown(diskSize, MiB) - 2 * MiB;
  let start = MiB;
  return partitions.map((partition) => {
    const size = roundDown(wantedSize(partition, free), MiB);
    const placed = sized(partition, start, size);
    free -= size;
    start += size;
    return placed;
  });
}

/**
 * Primary partitions begin at multiples of `align` and leave one `align` free at the end of the disk. The extended
 * partition takes what is left after them; in it each logical one begins one `align` after its own table sector.
 */
function placeMbr(table: PartitionTable, sectorSize: number, diskSize: Bytes): readonly SizedPartition[] {
  const { align, partitions } = table;
  const placed: SizedPartition[] = [];
  const disk = roundDown(diskSize, sectorSize);
  let next: number = align;
  for (const partition of partitions) {
    if (partition.kind === 'logical' && !placed.some(({ kind }) => kind === 'extended')) {
      placed.push(extended(placed.length + 1, next, disk - next));
    }
    const size = roundDown(wantedSize(partition, disk - next - align), sectorSize);
    const start = partition.kind === 'logical' ? next + align : next;
    placed.push(sized(partition, start, size));
    next = Math.ceil((start + size) / align) * align;
  }
  return placed;
}

const wantedSize = ({ size }: Partition, free: number): number =>
  'bytes' in size ? size.bytes : Math.floor((free * size.percentOfFree) / 100);

const roundDown = (value: number, unit: number): number => Math.floor(value / unit) * unit;

function sized(partition: Partition, start: number, size: number): SizedPartition {
  const { name, number, type, bootable, kind, uuid } = partition;
  return { name, number, type, bootable, kind, uuid, start: bytes(start), size: bytes(size) };
}

const extended = (number: number, start: number, size: number): SizedPartition => ({
  name: 'extended',
  number,
  type: '0f',
  bootable: false,
  kind: 'extended',
  uuid: '',
  start: bytes(start),
  size: bytes(size),
});

/** The first byte after which the disk must not hold anything: the end of the last partition, plus the GPT's copy. */
export function usableEnd(disk: Disk, size: Bytes): Bytes {
  return bytes(disk.table?.label === 'gpt' ? size - 33 * disk.sectorSize : size);
}
