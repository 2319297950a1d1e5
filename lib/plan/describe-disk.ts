// SPDX-License-Identifier: Apache-2.0
import { gptType, mbrType } from '../disk/partition-types.ts';
import type { Bytes } from '../model/brands.ts';
import { GiB, KiB, MiB } from '../model/brands.ts';
import type { Disk, DiskLayout, FileSystem, Partition } from '../model/layout.ts';
import type { BootPlan, PlannedDisk } from '../model/plan.ts';
import type { DiskRequest } from '../model/request.ts';
import { columns } from './columns.ts';

/** The disk as lines: each disk with its table, a row for each partition and file system, and how it boots. */
export function describeDisk(
  { layout, request, madeWith }: PlannedDisk,
  boot: BootPlan | null,
): readonly string[] {
  return [
    ...layout.disks.flatMap((disk) => describeOneDisk(disk, layout, request)),
    madeWith.way === 'files'
      ? '  made from files, without any device'
      : `  made with loop devices: ${madeWith.reason}`,
    ...(boot === null ? ['  does not boot by itself'] : describeBoot(boot)),
  ];
}

function describeOneDisk(disk: Disk, layout: DiskLayout, request: DiskRequest): readonly string[] {
  const { name, sectorSize, table } = disk;
  const kind = table === null ? 'no partition table' : `${table.label.toUpperCase()} partition table`;
  const heading = `  ${name}: ${diskSize(disk, request)}, ${kind}, sectors of ${sectorSize} bytes`;
  const bases = table === null ? [] : table.partitions;
  const rows =
    table === null
      ? fileSystemCells(layout, name).map((cells) => [name, ...cells])
      : bases.flatMap((partition) => partitionRows(partition, layout));
  return [
    heading,
    ...columns([[...(table === null ? ['disk'] : tableHeading), ...fileSystemHeading], ...rows], 4),
  ];
}

const tableHeading = ['nr', 'partition', 'type', 'size'];
const fileSystemHeading = ['file system', 'label', 'mounted at', 'mkfs options'];

function partitionRows(partition: Partition, layout: DiskLayout): readonly (readonly string[])[] {
  const { number, name, type, bootable, size } = partition;
  const cells = [String(number), name, `${typeName(type)}${bootable ? ', boot' : ''}`, partitionSize(size)];
  return fileSystemCells(layout, name).map((more) => [...cells, ...more]);
}

/** Words for the types that nearly every disk has; others as the table has them. */
const typeName = (type: string): string => typeNames.find(({ types }) => types.includes(type))?.name ?? type;

const typeNames = [
  { name: 'EFI system', types: [gptType('EF00'), mbrType('EF')] },
  { name: 'BIOS boot', types: [gptType('EF02')] },
  { name: 'Linux', types: [gptType('8300'), mbrType('83')] },
  { name: 'swap', types: [gptType('8200'), mbrType('82')] },
];

function fileSystemCells({ fileSystems }: DiskLayout, base: string): readonly (readonly string[])[] {
  const found = fileSystems.filter((fileSystem) => fileSystem.base === base);
  if (found.length === 0) return [['-', '-', '-', '']];
  return found.map(({ type, label, mountPoint, options }: FileSystem) => [
    type,
    label,
    mountPoint ?? '-',
    options.join(' '),
  ]);
}

const partitionSize = (size: Partition['size']): string =>
  'bytes' in size ? sizeText(size.bytes) : `${size.percentOfFree} % of what is free`;

function diskSize(disk: Disk, { size, extraSize }: DiskRequest): string {
  const exact = disk.size ?? size;
  if (exact !== null) return sizeText(exact);
  return extraSize === null ? 'as large as its content needs' : `its content and ${sizeText(extraSize)} more`;
}

function sizeText(size: Bytes): string {
  const units = [
    [GiB, 'GiB'],
    [MiB, 'MiB'],
    [KiB, 'KiB'],
  ] as const;
  const [unit, name] = units.find(([unit]) => size >= unit && size % unit === 0) ?? [1, 'bytes'];
  return `${size / unit} ${name}`;
}

const firmwareNames = { bios: 'BIOS', uefi: 'UEFI' } as const;

const describeBoot = ({ firmware, loader, commandLine }: BootPlan): readonly string[] => [
  `  boots by ${firmware.map((name) => firmwareNames[name]).join(' and ')} through ${loader} with`,
  `    ${commandLine}`,
];
