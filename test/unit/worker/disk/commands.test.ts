// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { bytes, MiB } from '../../../../lib/model/brands.ts';
import type { SizedPartition, SizedTable } from '../../../../lib/model/layout.ts';
import { mkfsVfatCommand } from '../../../../lib/worker/disk/fill-vfat.ts';
import { mke2fsCommand } from '../../../../lib/worker/disk/make-ext.ts';
import { sfdiskScript } from '../../../../lib/worker/disk/write-partition-table.ts';
import { sizedFileSystem } from '../../../support/sized-file-system.ts';

describe('mke2fs', () => {
  const from = { directory: '/view', file: '/image0.raw', isPrezeroed: true };

  test('is given one -E with what the user wants and the place in the file', () => {
    const options = ['-E', 'resize=1000', '-i', '4096', '-J', 'size=64'];
    expect(mke2fsCommand(sizedFileSystem({ options }), from)).toEqual([
      ...['mke2fs', '-q', '-F', '-t', 'ext4', '-E'],
      'resize=1000,offset=1048576,hash_seed=4b2a1f1e-0000-4000-8000-000000000001,assume_storage_prezeroed=1',
      ...['-i', '4096', '-J', 'size=64'],
      ...['-L', 'cloudimg-rootfs', '-U', '4b2a1f1e-0000-4000-8000-000000000001'],
      ...['-d', '/view', '/image0.raw', '204800s'],
    ]);
  });

  test('that does not know of prezeroed storage is not told', () => {
    const command = mke2fsCommand(sizedFileSystem({ type: 'ext2' }), { ...from, isPrezeroed: false });
    expect(command).toContain('offset=1048576,hash_seed=4b2a1f1e-0000-4000-8000-000000000001');
  });
});

test('mkfs.vfat counts the offset in sectors of the disk and the size in kibibytes', () => {
  const esp = sizedFileSystem({ type: 'vfat', label: 'MKFS_ESP', uuid: 'ABCD-1234', options: ['-F', '32'] });
  expect(mkfsVfatCommand(esp, '/image0.raw', 512)).toEqual([
    ...['mkfs.vfat', '-F', '32', '-s', '1', '--offset=2048', '-S', '512', '-h', '2048'],
    ...['--invariant', '-i', 'ABCD1234', '-n', 'MKFS_ESP', '/image0.raw', '102400'],
  ]);
});

test.each([
  [8, 512, [], '-F 12'],
  [16, 512, [], '-F 16'],
  [33, 4096, [], '-F 12'],
  [100, 4096, [], '-F 16'],
  [511, 512, [], '-F 16'],
  [512, 512, [], '-F 32 -s 8'],
  [550, 4096, [], '-F 32 -s 1'],
  [9000, 512, [], '-F 32 -s 16'],
  [40_000, 512, [], '-F 32 -s 64'],
  [550, 512, ['-s', '2'], '-s 2 -F 32'],
  [550, 512, ['-F16'], '-F16'],
  [300, 512, ['-F', '32', '-s', '4'], '-F 32 -s 4'],
])(
  'a FAT of %d MiB in sectors of %d does not go by the size of the disk',
  (size, sectorSize, options, words) => {
    const esp = sizedFileSystem({ type: 'vfat', uuid: 'ABCD-1234', options, size: bytes(size * MiB) });
    const [, ...said] = mkfsVfatCommand(esp, '/image0.raw', sectorSize);
    expect(
      said
        .slice(
          0,
          said.findIndex((word) => word.startsWith('--offset')),
        )
        .join(' '),
    ).toBe(words);
  },
);

describe('sfdisk', () => {
  const partition = (over: Partial<SizedPartition>): SizedPartition => ({
    name: 'root',
    number: 1,
    type: '83',
    bootable: false,
    kind: 'primary',
    uuid: '',
    start: bytes(MiB),
    size: bytes(10 * MiB),
    ...over,
  });

  test('is given an MBR table by number', () => {
    const table: SizedTable = {
      label: 'mbr',
      id: 'd82c07cd',
      partitions: [
        partition({ bootable: true }),
        partition({ number: 2, kind: 'extended', type: '0f', start: bytes(11 * MiB), size: bytes(9 * MiB) }),
        partition({ number: 5, kind: 'logical', start: bytes(12 * MiB), size: bytes(8 * MiB) }),
      ],
    };
    expect(sfdiskScript(table)).toBe(
      [
        'label: dos',
        'label-id: 0xd82c07cd',
        'unit: sectors',
        '',
        '1 : start=2048, size=20480, type=83, bootable',
        '2 : start=22528, size=18432, type=0f',
        '5 : start=24576, size=16384, type=83',
        '',
      ].join('\n'),
    );
  });

  test('is given a GPT table with names and identifiers', () => {
    const type = '0FC63DAF-8483-4772-8E79-3D69D8477DE4';
    const table: SizedTable = {
      label: 'gpt',
      id: '2F1A0000-0000-4000-8000-000000000001',
      partitions: [
        partition({
          name: 'Root "Part"',
          type,
          uuid: '2F1A0000-0000-4000-8000-000000000002',
          bootable: true,
        }),
      ],
    };
    expect(sfdiskScript(table)).toBe(
      [
        'label: gpt',
        'label-id: 2F1A0000-0000-4000-8000-000000000001',
        'unit: sectors',
        'first-lba: 2048',
        '',
        `1 : start=2048, size=20480, type=${type}, uuid=2F1A0000-0000-4000-8000-000000000002, name="Root Part"`,
        '',
      ].join('\n'),
    );
  });
});
