// SPDX-License-Identifier: Apache-2.0
import type { HostPath } from '../model/brands.ts';
import type { SizedDisk, SizedPartition, SizedTable } from '../model/layout.ts';
import type { WorkerContext } from './context.ts';
import { runToolQuietly } from './run-tool-quietly.ts';

/** Writes the partition table of a disk into its raw file. */
export async function writePartitionTable(
  context: WorkerContext,
  disk: SizedDisk & { readonly table: SizedTable },
  file: HostPath,
): Promise<void> {
  const words = ['--quiet', '--wipe', 'never', '--no-reread', '--no-tell-kernel', file];
  await runToolQuietly(context, `writing the partition table of ${disk.name}`, {
    argv: ['sfdisk', ...words],
    input: sfdiskScript(disk.table, disk.sectorSize),
  });
}

/** Source: sfdisk(8), the format of its dumps. */
export function sfdiskScript(table: SizedTable, sectorSize: number): string {
  const head = [
    `label: ${table.label === 'mbr' ? 'dos' : 'gpt'}`,
    `label-id: ${table.label === 'mbr' ? '0x' : ''}${table.id}`,
    'unit: sectors',
    ...(table.label === 'gpt' ? [`first-lba: ${2048 / (sectorSize / 512)}`] : []),
  ];
  const lines = table.partitions.map((partition) => partitionLine(partition, table.label, sectorSize));
  return `${[...head, '', ...lines].join('\n')}\n`;
}

function partitionLine(
  { number, name, start, size, type, bootable, uuid }: SizedPartition,
  label: 'mbr' | 'gpt',
  sectorSize: number,
): string {
  const common = `${number} : start=${start / sectorSize}, size=${size / sectorSize}, type=${type}`;
  if (label === 'mbr') return bootable ? `${common}, bootable` : common;
  return `${common}, uuid=${uuid}, name="${name.replace(/["\\]/g, '')}"`;
}
