// SPDX-License-Identifier: Apache-2.0
import type { DiskVolume } from './disk-volumes.ts';

export type FurtherMounts = {
  /** Upper directories first. */
  readonly found: readonly { readonly path: string; readonly volume: DiskVolume }[];
  /** Mount points whose file system is not on the disk, unless fstab says that they may fail. */
  readonly missing: readonly string[];
};

/** What an image's own fstab mounts below its root from the same disk. Source: fstab(5). */
export function furtherMounts(
  fstab: string,
  volumes: readonly DiskVolume[],
  root: DiskVolume,
): FurtherMounts {
  const wanted = fstab
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([source = '#', path = '']) => !source.startsWith('#') && path.startsWith('/') && path.length > 1)
    .filter(([source = '', , type = '']) => onDisk.test(source) && type !== 'swap')
    .map(([source = '', path = '', , options = '']) => ({
      path: path.replace(/\/+$/, ''),
      volume: volumes.find((volume) => isCalled(volume, source)),
      mayFail: /\b(nofail|noauto)\b/.test(options),
    }))
    .toSorted((a, b) => (a.path < b.path ? -1 : 1));
  return {
    found: wanted.flatMap(({ path, volume }) =>
      volume === undefined || volume === root ? [] : [{ path, volume }],
    ),
    missing: wanted.filter(({ volume, mayFail }) => volume === undefined && !mayFail).map(({ path }) => path),
  };
}

const onDisk = /^(\/dev\/|UUID=|LABEL=|PARTUUID=|PARTLABEL=)/;

function isCalled({ names, number }: DiskVolume, source: string): boolean {
  const name = source.replaceAll('"', '');
  const device = /^\/dev\/(?:[shv]d[a-z]+|nvme\d+n\d+p|mmcblk\d+p|xvd[a-z]+)(\d+)$/.exec(name);
  if (device !== null) return Number(device[1]) === number;
  const byLink = /^\/dev\/disk\/by-(uuid|label|partuuid|partlabel)\/(.+)$/.exec(name);
  const called = byLink === null ? name : `${(byLink[1] ?? '').toUpperCase()}=${byLink[2] ?? ''}`;
  return names.some((own) => own === called || (isId(own) && own.toLowerCase() === called.toLowerCase()));
}

const isId = (name: string): boolean => /^(PART)?UUID=/.test(name);
