// SPDX-License-Identifier: Apache-2.0
import { bytes, MiB, targetPath } from '../../lib/model/brands.ts';
import type { SizedFileSystem } from '../../lib/model/layout.ts';

/** The root file system of a cloud image, one MiB into the disk, 100 MiB large. */
export const sizedFileSystem = (over: Partial<SizedFileSystem>): SizedFileSystem => ({
  node: 'mkfs_root',
  base: 'root',
  type: 'ext4',
  label: 'cloudimg-rootfs',
  uuid: '4b2a1f1e-0000-4000-8000-000000000001',
  options: [],
  mountPoint: targetPath('/'),
  offset: bytes(MiB),
  size: bytes(100 * MiB),
  ...over,
});
