// SPDX-License-Identifier: Apache-2.0
import { realHost } from '../../lib/host/real-host.ts';

/** A tool's whole answer; standard error among it only where the tool itself mixes them. */
export type ToolAnswer = { readonly exitStatus: number | null; readonly stdout: string };

export type Partition = {
  readonly start: number;
  readonly size: number;
  /** As sfdisk(8) names it: two hex digits, or the GUID of the type. */
  readonly type: string;
};

export async function answerOf(...argv: readonly [string, ...string[]]): Promise<ToolAnswer> {
  const path = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`;
  const { exitStatus, stdout } = await realHost.run({ argv: ['env', `PATH=${path}`, 'LC_ALL=C', ...argv] });
  return { exitStatus, stdout };
}

async function outputOf(...argv: readonly [string, ...string[]]): Promise<string> {
  const { exitStatus, stdout } = await answerOf(...argv);
  if (exitStatus !== 0) throw new Error(`${argv.join(' ')}: exit status ${String(exitStatus)}\n${stdout}`);
  return stdout;
}

/** The same disk as a sparse file that tools can read at an offset. */
export async function rawCopy(image: string): Promise<string> {
  const raw = `${image}.raw`;
  await outputOf('qemu-img', 'convert', '-O', 'raw', image, raw);
  return raw;
}

/** A disk with the contents of another, on which changes stay until it is removed. @param size Of the disk; null: the other's. */
export async function overlayOf(image: string, overlay: string, size: string | null): Promise<void> {
  const words = ['-q', '-f', 'qcow2', '-b', image, '-F', 'qcow2', overlay];
  await outputOf('qemu-img', 'create', ...words, ...(size === null ? [] : [size]));
}

/** Bytes that the disk has in the guest. */
export async function virtualSize(image: string): Promise<number> {
  const info = await outputOf('qemu-img', 'info', '--output=json', image);
  return (JSON.parse(info) as { readonly 'virtual-size': number })['virtual-size'];
}

/** In bytes, in the order of the table. */
export async function partitionsOf(raw: string): Promise<readonly Partition[]> {
  type Table = { readonly sectorsize: number; readonly partitions: readonly Partition[] };
  const { partitiontable } = JSON.parse(await outputOf('sfdisk', '--json', raw)) as {
    readonly partitiontable: Table;
  };
  const bytes = (sectors: number): number => sectors * partitiontable.sectorsize;
  return partitiontable.partitions.map(({ start, size, type }) => ({
    start: bytes(start),
    size: bytes(size),
    type,
  }));
}

/** Copies a partition out into a file, for tools that cannot read at an offset. */
export async function extract(raw: string, { start, size }: Partition, file: string): Promise<void> {
  const units = ['iflag=skip_bytes,count_bytes', `skip=${start}`, `count=${size}`, 'bs=1M'];
  await outputOf('dd', `if=${raw}`, `of=${file}`, 'conv=sparse', 'status=none', ...units);
}

/** Reads an ext file system inside a disk. */
export type ExtReader = {
  /** Names in a directory, sorted. */
  readonly names: (directory: string) => Promise<readonly string[]>;
  readonly text: (file: string) => Promise<string>;
};

export function extReader(raw: string, { start }: Partition): ExtReader {
  const ask = (request: string): Promise<string> =>
    outputOf('debugfs', '-R', request, `${raw}?offset=${start}`);
  return {
    names: async (directory) => {
      const entries = [...(await ask(`ls -p ${directory}`)).matchAll(/^\/\d+\/\d+\/\d+\/\d+\/([^/]+)\//gm)];
      if (entries.length === 0) throw new Error(`${directory} is no directory of ${raw}`);
      return entries
        .map(([, name = '']) => name)
        .filter((name) => name !== '.' && name !== '..')
        .sort();
    },
    text: (file) => ask(`cat ${file}`),
  };
}
