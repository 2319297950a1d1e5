// SPDX-License-Identifier: Apache-2.0
import { crc16, crc32c, littleEndian32 } from './checksum.ts';
import type { RawBlocks } from './raw-blocks.ts';
import { readBytes, writeBytes } from './raw-blocks.ts';
import type { ExtShape } from './super-block.ts';

/** One block group, as its descriptor says and filling changes it. */
export type Group = {
  readonly number: number;
  readonly blockBitmap: number;
  readonly inodeBitmap: number;
  readonly inodeTable: number;
  freeBlocks: number;
  freeInodes: number;
  directories: number;
  unusedInodes: number;
  flags: number;
  blockBitmapChecksum: number;
  inodeBitmapChecksum: number;
};

/** The bitmap is not on the disk yet: its content follows from the file system's shape. */
export const INODES_UNINITIALISED = 1;
export const BLOCKS_UNINITIALISED = 2;

export async function readGroups(raw: RawBlocks, shape: ExtShape): Promise<readonly Group[]> {
  const { descriptorSize: size, groups } = shape;
  const table = await readBytes(raw, tableAt(shape), groups * size);
  return Array.from({ length: groups }, (_, number) =>
    readGroup(table.subarray(number * size, (number + 1) * size), number),
  );
}

/** Only the table that is used; its copies serve to find groups again, and their counts are never read. */
export async function writeGroups(raw: RawBlocks, shape: ExtShape, groups: readonly Group[]): Promise<void> {
  const { descriptorSize: size } = shape;
  const table = await readBytes(raw, tableAt(shape), groups.length * size);
  for (const group of groups) {
    writeGroup(table.subarray(group.number * size, (group.number + 1) * size), shape, group);
  }
  await writeBytes(raw, tableAt(shape), table);
}

const tableAt = ({ firstBlock, blockSize }: ExtShape): number => (firstBlock + 1) * blockSize;

function readGroup(descriptor: Buffer, number: number): Group {
  const isWide = descriptor.length >= 64;
  const wide = (low: number, high: number): number =>
    descriptor.readUInt32LE(low) + (isWide ? descriptor.readUInt32LE(high) * 2 ** 32 : 0);
  const half = (low: number, high: number): number =>
    descriptor.readUInt16LE(low) + (isWide ? descriptor.readUInt16LE(high) * 2 ** 16 : 0);
  return {
    number,
    blockBitmap: wide(0x0, 0x20),
    inodeBitmap: wide(0x4, 0x24),
    inodeTable: wide(0x8, 0x28),
    freeBlocks: half(0xc, 0x2c),
    freeInodes: half(0xe, 0x2e),
    directories: half(0x10, 0x30),
    flags: descriptor.readUInt16LE(0x12),
    blockBitmapChecksum: half(0x18, 0x38),
    inodeBitmapChecksum: half(0x1a, 0x3a),
    unusedInodes: half(0x1c, 0x32),
  };
}

function writeGroup(descriptor: Buffer, shape: ExtShape, group: Group): void {
  const half = (value: number, low: number, high: number): void => {
    descriptor.writeUInt16LE(value & 0xffff, low);
    if (descriptor.length >= 64) descriptor.writeUInt16LE(value >>> 16, high);
  };
  half(group.freeBlocks, 0xc, 0x2c);
  half(group.freeInodes, 0xe, 0x2e);
  half(group.directories, 0x10, 0x30);
  descriptor.writeUInt16LE(group.flags, 0x12);
  half(group.blockBitmapChecksum, 0x18, 0x38);
  half(group.inodeBitmapChecksum, 0x1a, 0x3a);
  half(group.unusedInodes, 0x1c, 0x32);
  descriptor.writeUInt16LE(descriptorChecksum(descriptor, shape, group.number), 0x1e);
}

function descriptorChecksum(descriptor: Buffer, { has, seed, uuid }: ExtShape, number: number): number {
  const name = littleEndian32(number);
  const [before, after] = [descriptor.subarray(0, 0x1e), descriptor.subarray(0x20)];
  if (has.checksums) {
    return [name, before, Buffer.alloc(2), after].reduce(crc32c, seed) & 0xffff;
  }
  return has.groupChecksums ? [uuid, name, before, after].reduce(crc16, 0xffff) : 0;
}
