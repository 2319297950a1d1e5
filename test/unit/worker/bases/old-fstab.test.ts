// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import type { DiskVolume } from '../../../../lib/worker/bases/disk-volumes.ts';
import { furtherMounts } from '../../../../lib/worker/bases/old-fstab.ts';

const volume = (number: number, ...names: readonly string[]): DiskVolume => ({
  number,
  offset: number,
  size: 1,
  type: 'ext4',
  names,
});
const root = volume(1, 'LABEL=root');
const boot = volume(2, 'UUID=0b5c', 'PARTUUID=12ab34cd-02');
const efi = volume(15, 'UUID=AB12-CD34', 'LABEL=UEFI', 'PARTLABEL=ESP');
const volumes = [root, boot, efi];

const mounted = (...lines: readonly string[]): unknown => {
  const { found, missing } = furtherMounts(lines.join('\n'), volumes, root);
  return { found: found.map(({ path, volume: { number } }) => `${path} ${number ?? ''}`), missing };
};

test('finds what is mounted below the root by every name, upper directories first', () => {
  expect(
    mounted(
      '# LABEL=UEFI /no ext4',
      'PARTLABEL=ESP\t/boot/efi/\tvfat umask=0077 0 1',
      'UUID="0B5C" /boot ext4 defaults',
      'LABEL=root / ext4 defaults 0 1',
      'tmpfs /tmp tmpfs',
      'LABEL=swap none swap sw',
      '/dev/vda15 /srv vfat',
      '/dev/disk/by-uuid/ab12-cd34 /opt vfat',
      'PARTUUID=12AB34CD-02 /var ext4',
    ),
  ).toEqual({ found: ['/boot 2', '/boot/efi 15', '/opt 15', '/srv 15', '/var 2'], missing: [] });
});

test('tells what is not on the disk, unless that is no fault', () => {
  expect(
    mounted('LABEL=data /srv ext4 defaults', 'LABEL=stick /mnt vfat noauto,user', 'nas:/home /home nfs'),
  ).toEqual({
    found: [],
    missing: ['/srv'],
  });
});
