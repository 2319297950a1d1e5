// SPDX-License-Identifier: Apache-2.0
import { KiB, MiB } from '../model/brands.ts';
import { optionValue } from './mke2fs-options.ts';

export type ExtGeometry = {
  readonly blockSize: number;
  /** Blocks that no content can use: super blocks, descriptors, bitmaps, inode tables, journal. */
  readonly metadataBytes: number;
  /** Blocks only root may use in the running image. */
  readonly reservedBytes: number;
  readonly inodes: number;
  /** Whether mke2fs agrees to it: the journal may take half of what is free before it is made. */
  readonly isJournalFitting: boolean;
};

/**
 * What mke2fs takes for itself in an ext file system of the given size, by its own rules and the usual mke2fs.conf:
 * below 512 MiB blocks are 1 KiB and there is an inode for each 4 KiB.
 */
export function extGeometry(size: number, type: string, options: readonly string[]): ExtGeometry {
  const isSmall = size < 512 * MiB;
  const blockSize = blockSizeFrom(options) ?? (isSmall ? KiB : 4 * KiB);
  const blocks = Math.floor(size / blockSize);
  const groups = Math.max(1, Math.ceil(blocks / (8 * blockSize)));
  const inodeSize = Number(optionValue(options, 'I') ?? 256);
  const inodes = inodeCount({ size, isSmall, groups, blockSize, inodeSize, options });
  const backups = groupsWithBackup(groups);
  const descriptorBlocks = Math.ceil((groups * 64) / blockSize);
  const reservedDescriptors = resizeBlocks(blocks, blockSize, options);
  const journal = journalBlocks(blocks, blockSize, type, options);
  const otherBlocks =
    backups * (1 + descriptorBlocks + reservedDescriptors) +
    groups * 2 +
    Math.ceil((inodes * inodeSize) / blockSize) +
    lostAndFoundBlocks(blockSize) +
    RESIZE_INODE_BLOCKS;
  const reserved = Number(optionValue(options, 'm') ?? 5) / 100;
  return {
    blockSize,
    metadataBytes: (otherBlocks + journal) * blockSize,
    reservedBytes: Math.ceil(blocks * reserved) * blockSize,
    inodes,
    isJournalFitting: 2 * journal <= blocks - otherBlocks,
  };
}

function blockSizeFrom(options: readonly string[]): number | undefined {
  const given = Number(optionValue(options, 'b'));
  return given >= KiB ? given : undefined;
}

type InodeQuestion = {
  readonly size: number;
  readonly isSmall: boolean;
  readonly groups: number;
  readonly blockSize: number;
  readonly inodeSize: number;
  readonly options: readonly string[];
};

/** Rounded up as mke2fs does: the table of each group fills whole blocks, and holds a multiple of eight. */
function inodeCount({ size, isSmall, groups, blockSize, inodeSize, options }: InodeQuestion): number {
  const ratio = Number(optionValue(options, 'i') ?? (isSmall ? 4 * KiB : 16 * KiB));
  const wanted = Number(optionValue(options, 'N') ?? Math.floor(size / ratio));
  const perBlock = Math.max(1, Math.floor(blockSize / inodeSize));
  const unit = Math.max(8, perBlock);
  return groups * Math.ceil(Math.ceil(wanted / groups) / unit) * unit;
}

/** With sparse_super the first groups and those numbered by powers of 3, 5 and 7 hold a copy of the descriptors. */
function groupsWithBackup(groups: number): number {
  let count = Math.min(groups, 2);
  for (const base of [3, 5, 7]) for (let group = base; group < groups; group *= base) count += 1;
  return count;
}

/** Descriptor blocks set aside for growing: a thousandfold, or to the operand of `-E resize=`. */
function resizeBlocks(blocks: number, blockSize: number, options: readonly string[]): number {
  const most = blockSize / 4;
  const resize = /(?:^|,)resize=(\d+)/.exec(optionValue(options, 'E') ?? '')?.[1];
  const finalBlocks = resize === undefined ? Math.min(blocks * 1024, 2 ** 32 - 1) : Number(resize);
  const descriptorsOf = (count: number): number =>
    Math.ceil((Math.ceil(count / (8 * blockSize)) * 64) / blockSize);
  return Math.max(0, Math.min(most, descriptorsOf(finalBlocks) - descriptorsOf(blocks)));
}

/** Source: journal sizes of libext2fs by the number of blocks. */
const journalSteps: readonly (readonly [number, number])[] = [
  [2048, 0],
  [32768, 1024],
  [256 * KiB, 4096],
  [512 * KiB, 8192],
  [4096 * KiB, 16384],
  [8192 * KiB, 32768],
  [16384 * KiB, 65536],
  [32768 * KiB, 131072],
];

function journalBlocks(blocks: number, blockSize: number, type: string, options: readonly string[]): number {
  const features = optionValue(options, 'O') ?? '';
  if (type === 'ext2' || /(?:^|,)\^has_journal/.test(features)) return 0;
  const mebibytes = /(?:^|,)size=(\d+)/.exec(optionValue(options, 'J') ?? '')?.[1];
  if (mebibytes !== undefined) return (Number(mebibytes) * MiB) / blockSize + 1;
  return journalSteps.find(([below]) => blocks < below)?.[1] ?? 262144;
}

/** The indirect block of the resize inode. */
const RESIZE_INODE_BLOCKS = 1;

const lostAndFoundBlocks = (blockSize: number): number => (16 * KiB) / blockSize;
