// SPDX-License-Identifier: Apache-2.0
import { readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { HostPath } from '../../model/brands.ts';
import { bytes } from '../../model/brands.ts';
import type { BuildEventBody } from '../../model/event.ts';
import { BuildFailure } from '../../model/failure.ts';
import type { FileSystem, SizedPartition, SizedTable } from '../../model/layout.ts';
import { phaseNamed } from '../../model/phases.ts';
import type { WorkerContext } from '../context.ts';
import type { MadeDisk } from '../disk/make-disk.ts';
import { withScope } from '../scope.ts';
import { runPhase } from '../tree/grow-tree.ts';
import type { Growth } from '../tree/growth.ts';
import { hooksOfPhase } from '../tree/phase-hooks.ts';
import { attachDisk } from './attach-disk.ts';
import { deviceEnvironment } from './device-environment.ts';

export const hasDividingHooks = async (context: WorkerContext): Promise<boolean> =>
  (await hooksOfPhase(context, 'block-device.d')).length > 0;

export type Divided = {
  readonly made: MadeDisk;
  /** Of the partition that holds the root file system; null: the whole disk does. */
  readonly number: number | null;
};

/**
 * Gives the hooks of block-device.d the blank disk as IMAGE_BLOCK_DEVICE. One that prints a line
 * `IMAGE_BLOCK_DEVICE=DEVICE` says where the root file system goes: a partition it has made, or the disk itself.
 * Source: reference/seed-systems §4.3. @returns null when none does.
 */
export async function divideByHooks(growth: Growth, blank: MadeDisk): Promise<Divided | null> {
  const { context } = growth;
  const warn = (text: string): void => context.report({ kind: 'warning', text });
  const said = await withScope(warn, async (scope) => {
    const disk = await attachDisk(context, blank, scope);
    const environment = { ...context.plan.environment, ...deviceEnvironment([disk], null) };
    const lines = await runAndListen({
      ...growth,
      context: { ...context, plan: { ...context.plan, environment } },
    });
    return { device: disk.device, named: namedIn(lines) };
  });
  if (said.named === null) return null;
  const table = await readTable(context, blank.file);
  const partition = namedPartition(said.named, said.device, table);
  const { size, name } = blank.disk;
  const place =
    partition === null
      ? { base: name, offset: bytes(0), size }
      : { base: partition.name, offset: partition.start, size: partition.size };
  const fileSystem = { ...rootFileSystem(context), ...place };
  const disk = { ...blank.disk, table: partition === null ? null : table, fileSystems: [fileSystem] };
  return { made: { ...blank, disk }, number: partition?.number ?? null };
}

/** What hooks are told in place of what was planned: the root file system holds everything. */
export function dividedEnvironment({ made, number }: Divided): Readonly<Record<string, string>> {
  const { table, fileSystems } = made.disk;
  const [root] = fileSystems;
  const words = table?.label === 'gpt' ? 'gpt' : 'msdos';
  return {
    DIB_MOUNTPOINTS: '/',
    DIB_BOOT_LABEL: '',
    DIB_BOOT_UUID: root?.uuid ?? '',
    DIB_BOOT_FSTYPE: root?.type ?? '',
    DIB_PARTITION_TABLE: table?.label ?? 'none',
    DIB_BOOT_PARTITION: number === null ? '' : `${words}${number}`,
  };
}

/** The planned file system table names file systems that the hooks have made no place for. */
export async function keepRootInFstab(directory: HostPath): Promise<void> {
  const file = join(directory, 'etc/fstab');
  const lines = (await readFile(file, 'utf8')).split('\n');
  const isKept = (line: string): boolean => /^\s*(#|$)/.test(line) || line.split(/\s+/)[1] === '/';
  await writeFile(file, lines.filter(isKept).join('\n'));
}

async function runAndListen(growth: Growth): Promise<readonly string[]> {
  const lines: string[] = [];
  const report = (event: BuildEventBody): void => {
    if (event.kind === 'output') lines.push(event.text);
    growth.context.report(event);
  };
  await runPhase(
    { ...growth, context: { ...growth.context, report }, isOnDisk: true },
    phaseNamed('block-device.d'),
  );
  return lines;
}

/** The last line counts, as the last assignment does. */
function namedIn(lines: readonly string[]): string | null {
  const values = lines.flatMap((line) => /^IMAGE_BLOCK_DEVICE=(.*)$/.exec(line.trim())?.[1] ?? []);
  const last = values.at(-1)?.replace(/^(["'])(.*)\1$/, '$2') ?? '';
  return last === '' ? null : last;
}

const rootFileSystem = ({ plan }: WorkerContext): FileSystem => {
  const root = plan.disk?.layout.fileSystems.find(({ mountPoint }) => mountPoint === '/');
  if (root === undefined)
    throw refusal('block-device.d names a device, and the layout has no file system for /');
  return root;
};

/** Null: the whole disk. A partition may be named as the kernel or as kpartx does: by the disk and its number. */
function namedPartition(named: string, device: HostPath, table: SizedTable | null): SizedPartition | null {
  if (named === device) return null;
  const [, disk, number] = /^(.*)p(\d+)$/.exec(basename(named)) ?? [];
  if (disk !== basename(device)) {
    throw refusal(
      `block-device.d names ${named}, which is not on the disk of the image, ${device}`,
      'divide the device that IMAGE_BLOCK_DEVICE names, and print one of its partitions',
    );
  }
  const found = table?.partitions.find((partition) => partition.number === Number(number));
  if (found !== undefined && found.kind !== 'extended') return found;
  throw refusal(`block-device.d names ${named}, and its hooks have made no such partition`);
}

const refusal = (message: string, ...hints: readonly string[]): BuildFailure =>
  new BuildFailure({ kind: 'input-invalid', problems: [{ message, hints }] });

/** What sfdisk(8) prints with --json, as far as it is read here. */
type Dump = {
  readonly partitiontable: {
    readonly label: string;
    readonly id: string;
    readonly partitions?: readonly {
      readonly node: string;
      readonly start: number;
      readonly size: number;
      readonly type: string;
      readonly uuid?: string;
      readonly bootable?: boolean;
    }[];
  };
};

const SECTOR = 512;
const extendedTypes = ['5', 'f', '85'];

/** Null: there is none. */
async function readTable({ host }: WorkerContext, file: HostPath): Promise<SizedTable | null> {
  const result = await host.run({ argv: ['sfdisk', '--json', file] });
  if (result.exitStatus !== 0) return null;
  const { label, id, partitions = [] } = (JSON.parse(result.stdout) as Dump).partitiontable;
  const isMbr = label === 'dos';
  return {
    label: isMbr ? 'mbr' : 'gpt',
    id: id.replace(/^0x/, ''),
    partitions: partitions.map(({ node, start, size, type, uuid = '', bootable = false }) => {
      const number = Number(node.slice(file.length).replace(/^p/, ''));
      const isExtended = isMbr && extendedTypes.includes(type.toLowerCase());
      const isLogical = isMbr && number > 4;
      return {
        name: `partition${number}`,
        number,
        type,
        bootable,
        kind: isExtended ? 'extended' : isLogical ? 'logical' : 'primary',
        uuid: isMbr ? '' : uuid.toLowerCase(),
        start: bytes(start * SECTOR),
        size: bytes(size * SECTOR),
      };
    }),
  };
}
