// SPDX-License-Identifier: Apache-2.0
import { open } from 'node:fs/promises';
import type { HostPath } from '../../model/brands.ts';
import type { SizedDisk, SizedPartition, SizedTable } from '../../model/layout.ts';
import type { WorkerContext } from '../context.ts';
import type { Stretch } from './gpt-table.ts';
import { gptTable } from './gpt-table.ts';
import { runToolQuietly } from '../run-tool-quietly.ts';

/** Writes the partition table of a disk into its raw file. */
export async function writePartitionTable(
  context: WorkerContext,
  disk: SizedDisk & { readonly table: SizedTable },
  file: HostPath,
): Promise<void> {
  if (disk.sectorSize !== 512) return writeStretches(file, gptTable(disk));
  const words = ['--quiet', '--wipe', 'never', '--no-reread', '--no-tell-kernel', file];
  await runToolQuietly(context, `writing the partition table of ${disk.name}`, {
    argv: ['sfdisk', ...words],
    input: sfdiskScript(disk.table),
  });
}

async function writeStretches(file: HostPath, stretches: readonly Stretch[]): Promise<void> {
  const target = await open(file, 'r+');
  try {
    for (const { offset, data } of stretches) await target.write(data, 0, data.length, offset);
  } finally {
    await target.close();
  }
}

const SECTOR = 512;

/** Source: sfdisk(8), the format of its dumps. */
export function sfdiskScript(table: SizedTable): string {
  const head = [
    `label: ${table.label === 'mbr' ? 'dos' : 'gpt'}`,
    `label-id: ${table.label === 'mbr' ? '0x' : ''}${table.id}`,
    'unit: sectors',
    ...(table.label === 'gpt' ? ['first-lba: 2048'] : []),
  ];
  const lines = table.partitions.map((partition) => partitionLine(partition, table.label));
  return `${[...head, '', ...lines].join('\n')}\n`;
}

function partitionLine(
  { number, name, start, size, type, bootable, uuid }: SizedPartition,
  label: 'mbr' | 'gpt',
): string {
  const common = `${number} : start=${start / SECTOR}, size=${size / SECTOR}, type=${type}`;
  if (label === 'mbr') return bootable ? `${common}, bootable` : common;
  return `${common}, uuid=${uuid}, name="${name.replace(/["\\]/g, '')}"`;
}
