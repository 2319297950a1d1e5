// SPDX-License-Identifier: Apache-2.0
import { KiB } from '../../model/brands.ts';
import { imageOf } from '../disk/make-disk.ts';
import type { AttachedDisk } from './attach-disk.ts';

/**
 * What hooks are told of the devices: dib-contract §1.9 and §2.3.
 * @param number Of the partition that hooks of block-device.d have made for `/`; null: the disk is as planned.
 */
export function deviceEnvironment(
  disks: readonly AttachedDisk[],
  number: number | null,
): Readonly<Record<string, string>> {
  const { disk, device, partitions } = imageOf(disks);
  const own = disk.table?.partitions.find((partition) => partition.number === number);
  return {
    IMAGE_BLOCK_DEVICE: (own === undefined ? undefined : partitions.get(own.name)) ?? device,
    IMAGE_BLOCK_DEVICE_WITHOUT_PART: device,
    IMAGE_BLOCK_DEVICES: disks.flatMap(entriesOf).join(''),
    DIB_IMAGE_SIZE: String(disk.size / KiB),
  };
}

/** For `eval` into an associative array of bash. */
const entriesOf = ({ disk, device, partitions }: AttachedDisk): readonly string[] =>
  [[disk.name, device] as const, ...partitions].map(([name, path]) => ` [${name}]=${path} `);
