// SPDX-License-Identifier: Apache-2.0
import { crc32c } from './checksum.ts';

/** What filling has to know of a file system. Source of all offsets: the kernel's documentation of ext4's disk layout. */
export type ExtShape = {
  readonly blockSize: number;
  readonly blocks: number;
  /** 1 with blocks of 1 KiB, else 0: where the first group begins. */
  readonly firstBlock: number;
  readonly groups: number;
  readonly blocksPerGroup: number;
  readonly inodesPerGroup: number;
  readonly inodeSize: number;
  /** Bytes of the inode's own fields beyond the first 128. */
  readonly extraInodeSize: number;
  readonly descriptorSize: number;
  readonly reservedDescriptorBlocks: number;
  readonly uuid: Buffer;
  /** What every checksum of the file system starts from. */
  readonly seed: number;
  readonly has: { readonly [Feature in keyof typeof knownFeatures]: boolean };
};

/** At this place of the file system, whatever its block size. */
export const SUPER_BLOCK_OFFSET = 1024;
export const SUPER_BLOCK_BYTES = 1024;

const words = { compat: 0x5c, incompat: 0x60, roCompat: 0x64 } as const;

/** Those that filling minds or that do not concern it. */
const knownFeatures = {
  journal: ['compat', 0x4],
  attributes: ['compat', 0x8],
  resizeInode: ['compat', 0x10],
  indexedDirectories: ['compat', 0x20],
  orphanFile: ['compat', 0x1000],
  fileTypes: ['incompat', 0x2],
  extents: ['incompat', 0x40],
  wide: ['incompat', 0x80],
  flexibleGroups: ['incompat', 0x200],
  ownSeed: ['incompat', 0x2000],
  sparseSuper: ['roCompat', 0x1],
  largeFiles: ['roCompat', 0x2],
  hugeFiles: ['roCompat', 0x8],
  groupChecksums: ['roCompat', 0x10],
  manyLinks: ['roCompat', 0x20],
  extraInodeFields: ['roCompat', 0x40],
  checksums: ['roCompat', 0x400],
} as const satisfies Record<string, readonly [keyof typeof words, number]>;

type Feature = keyof typeof knownFeatures;

/** Null for a file system with anything that filling does not know. @param block The super block's 1024 bytes. */
export function readShape(block: Buffer): ExtShape | null {
  const has = readFeatures(block);
  const blockSize = 1024 << block.readUInt32LE(0x18);
  if (has === null || blockSize > 4096 || !has.fileTypes) return null;
  const blocks = block.readUInt32LE(0x4) + (has.wide ? block.readUInt32LE(0x150) * 2 ** 32 : 0);
  const firstBlock = block.readUInt32LE(0x14);
  const blocksPerGroup = block.readUInt32LE(0x20);
  const inodeSize = block.readUInt16LE(0x58);
  const uuid = Buffer.from(block.subarray(0x68, 0x78));
  return {
    blockSize,
    blocks,
    firstBlock,
    groups: Math.ceil((blocks - firstBlock) / blocksPerGroup),
    blocksPerGroup,
    inodesPerGroup: block.readUInt32LE(0x28),
    inodeSize,
    extraInodeSize: inodeSize > 128 ? block.readUInt16LE(0x15e) : 0,
    descriptorSize: has.wide ? block.readUInt16LE(0xfe) : 32,
    reservedDescriptorBlocks: block.readUInt16LE(0xce),
    uuid,
    seed: has.ownSeed ? block.readUInt32LE(0x270) : crc32c(0xffffffff, uuid),
    has,
  };
}

function readFeatures(block: Buffer): ExtShape['has'] | null {
  const left = {
    compat: block.readUInt32LE(words.compat),
    incompat: block.readUInt32LE(words.incompat),
    roCompat: block.readUInt32LE(words.roCompat),
  };
  const has: Partial<Record<Feature, boolean>> = {};
  for (const [feature, [word, bit]] of Object.entries(knownFeatures)) {
    has[feature as Feature] = (left[word] & bit) !== 0;
    left[word] &= ~bit;
  }
  return Object.values(left).every((bits) => bits === 0) ? (has as ExtShape['has']) : null;
}

export type SuperBlockChange = {
  readonly freeBlocks: number;
  readonly freeInodes: number;
  /** A file of 2 GiB or more is there. */
  readonly hasLargeFile: boolean;
  readonly hasAttributes: boolean;
};

/** Changes the block in place, with its checksum. */
export function updateSuperBlock(block: Buffer, { has }: ExtShape, change: SuperBlockChange): void {
  block.writeUInt32LE(change.freeBlocks % 2 ** 32, 0xc);
  if (has.wide) block.writeUInt32LE(Math.floor(change.freeBlocks / 2 ** 32), 0x158);
  block.writeUInt32LE(change.freeInodes, 0x10);
  if (change.hasLargeFile) addFeature(block, 'largeFiles');
  if (change.hasAttributes) addFeature(block, 'attributes');
  if (has.checksums) block.writeUInt32LE(crc32c(0xffffffff, block.subarray(0, 0x3fc)), 0x3fc);
}

function addFeature(block: Buffer, feature: Feature): void {
  const [word, bit] = knownFeatures[feature];
  block.writeUInt32LE(block.readUInt32LE(words[word]) | bit, words[word]);
}
