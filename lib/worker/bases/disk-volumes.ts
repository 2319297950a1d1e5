// SPDX-License-Identifier: Apache-2.0
import { stat } from 'node:fs/promises';
import type { Host } from '../../host/host.ts';

/** A partition of a disk, or the whole of one that has none. */
export type DiskVolume = {
  /** Null: the disk has no partition table. */
  readonly number: number | null;
  /** Bytes. */
  readonly offset: number;
  readonly size: number;
  /** As blkid calls them, `ext4` or `LVM2_member`; null: nothing it knows. */
  readonly type: string | null;
  /** What fstab may call it: `UUID=…`, `LABEL=…`, `PARTUUID=…`, `PARTLABEL=…`. */
  readonly names: readonly string[];
};

/** What is on a raw disk, in the order of the partition table. @param sectorBytes null: tried out. */
export async function readVolumes(
  host: Host,
  disk: string,
  sectorBytes: number | null,
): Promise<readonly DiskVolume[]> {
  for (const size of sectorBytes === null ? [512, 4096] : [sectorBytes]) {
    const extents = await extentsOf(host, disk, size);
    if (extents.length > 0) return Promise.all(extents.map((extent) => withContent(host, disk, extent)));
  }
  const { size } = await stat(disk);
  return [await withContent(host, disk, { number: null, offset: 0, size, names: [] })];
}

type Extent = Omit<DiskVolume, 'type'>;

const columns = ['NR', 'START', 'SIZE', 'UUID', 'NAME'] as const;

/** partx counts starts in 512 bytes whatever the sectors, and makes up MBR partitions' ids as the kernel does. */
async function extentsOf(host: Host, disk: string, sectorBytes: number): Promise<readonly Extent[]> {
  const options = ['--bytes', '--pairs', `--sector-size=${sectorBytes}`, `--output=${columns.join(',')}`];
  const { exitStatus, stdout } = await host.run({ argv: ['partx', ...options, disk] });
  if (exitStatus !== 0) return [];
  return stdout.split('\n').flatMap((line) => (line === '' ? [] : [extentFrom(line)]));
}

function extentFrom(line: string): Extent {
  const found = new Map(
    [...line.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key, value]),
  );
  const of = (column: (typeof columns)[number]): string => found.get(column) ?? '';
  return {
    number: Number(of('NR')),
    offset: Number(of('START')) * 512,
    size: Number(of('SIZE')),
    names: [
      ...(of('UUID') === '' ? [] : [`PARTUUID=${of('UUID')}`]),
      ...(of('NAME') === '' ? [] : [`PARTLABEL=${of('NAME')}`]),
    ],
  };
}

async function withContent(host: Host, disk: string, extent: Extent): Promise<DiskVolume> {
  const place = ['--offset', String(extent.offset), '--size', String(extent.size)];
  const { stdout } = await host.run({ argv: ['blkid', '--probe', ...place, '--output', 'export', disk] });
  const values = new Map(stdout.split('\n').map((line) => splitAtEquals(line)));
  const named = ['UUID', 'LABEL'].flatMap((key) => {
    const value = values.get(key);
    return value === undefined ? [] : [`${key}=${value}`];
  });
  return { ...extent, type: values.get('TYPE') ?? null, names: [...named, ...extent.names] };
}

function splitAtEquals(line: string): readonly [string, string] {
  const equals = line.indexOf('=');
  return [line.slice(0, equals), line.slice(equals + 1).replace(/\\(.)/g, '$1')];
}
