// SPDX-License-Identifier: Apache-2.0
import type { ExtShape } from '../../../../../lib/worker/disk/ext/super-block.ts';

/** What mke2fs makes of 256 MiB with blocks of 4 KiB. */
export const shape: ExtShape = {
  blockSize: 4096,
  blocks: 65536,
  firstBlock: 0,
  groups: 2,
  blocksPerGroup: 32768,
  inodesPerGroup: 8192,
  inodeSize: 256,
  extraInodeSize: 32,
  descriptorSize: 64,
  reservedDescriptorBlocks: 31,
  uuid: Buffer.alloc(16, 1),
  seed: 77,
  has: {
    journal: false,
    attributes: true,
    resizeInode: true,
    indexedDirectories: true,
    orphanFile: false,
    fileTypes: true,
    extents: true,
    wide: true,
    flexibleGroups: true,
    ownSeed: false,
    sparseSuper: true,
    largeFiles: true,
    hugeFiles: true,
    groupChecksums: false,
    manyLinks: true,
    extraInodeFields: true,
    checksums: true,
  },
};
