// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { bytes, hostPath, MiB } from '../../../../lib/model/brands.ts';
import type { SizedPartition } from '../../../../lib/model/layout.ts';
import type { AttachedDisk } from '../../../../lib/worker/devices/attach-disk.ts';
import { deviceEnvironment } from '../../../../lib/worker/devices/device-environment.ts';
import { wholeImage } from '../../../../lib/worker/disk/raw-image.ts';

describe('hooks are told', () => {
  test('the whole disk, its partitions by name, and those of other disks', () => {
    expect(deviceEnvironment([disk('data', '/dev/loop4', []), image], null)).toEqual({
      IMAGE_BLOCK_DEVICE: '/dev/loop3',
      IMAGE_BLOCK_DEVICE_WITHOUT_PART: '/dev/loop3',
      IMAGE_BLOCK_DEVICES:
        ' [data]=/dev/loop4  [image0]=/dev/loop3  [ESP]=/dev/loop3p1  [root]=/dev/loop3p2 ',
      DIB_IMAGE_SIZE: '102400',
    });
  });

  test('the partition that a hook of block-device.d has chosen', () => {
    const { IMAGE_BLOCK_DEVICE, IMAGE_BLOCK_DEVICE_WITHOUT_PART } = deviceEnvironment([image], 2);
    expect([IMAGE_BLOCK_DEVICE, IMAGE_BLOCK_DEVICE_WITHOUT_PART]).toEqual(['/dev/loop3p2', '/dev/loop3']);
  });
});

const image = disk('image0', '/dev/loop3', ['ESP', 'root']);

function disk(name: string, device: string, names: readonly string[]): AttachedDisk {
  const partitions = names.map((partition, index) => sized(partition, index + 1));
  const table = names.length === 0 ? null : { label: 'gpt' as const, id: '', partitions };
  return {
    disk: { name, sectorSize: 512, size: bytes(100 * MiB), table, fileSystems: [] },
    ...wholeImage(hostPath(`/image/${name}.raw`)),
    device: hostPath(device),
    partitions: new Map(partitions.map(({ number, name: own }) => [own, hostPath(`${device}p${number}`)])),
  };
}

function sized(name: string, number: number): SizedPartition {
  return {
    ...{ name, number, type: '83', bootable: false, kind: 'primary', uuid: '' },
    ...{ start: bytes(number * MiB), size: bytes(MiB) },
  };
}
