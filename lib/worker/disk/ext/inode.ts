// SPDX-License-Identifier: Apache-2.0
import { crc32c, littleEndian32 } from './checksum.ts';
import type { ExtShape } from './super-block.ts';

export type InodeFields = {
  readonly number: number;
  /** With the bits of the file's kind. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly mtimeNanoseconds: bigint;
  readonly links: number;
  /** All that the inode holds, in blocks of the file system. */
  readonly blocks: number;
  readonly hasExtents: boolean;
  /** The 60 bytes that say where the content is, or are it. */
  readonly place: Buffer;
  /** The block of attributes that did not fit into the inode; 0: none. */
  readonly attributeBlock: number;
  /** Attributes that fit into it, with what is in front of them. */
  readonly attributes: Buffer | null;
};

/** The flag of an inode whose place is told by extents. */
export const EXTENTS = 0x80000;
export const PLACE_AT = 0x28;
export const PLACE_BYTES = 60;
export const OLD_INODE_BYTES = 128;

/** What the checksums of an inode and of all its blocks start from. Generations are 0. */
export const inodeSeed = ({ seed }: ExtShape, number: number): number =>
  crc32c(crc32c(seed, littleEndian32(number)), littleEndian32(0));

/** Every time stamp is that of the last change, since the others tell of the build and not of the file. */
export function encodeInode(shape: ExtShape, fields: InodeFields): Buffer {
  const inode = Buffer.allocUnsafe(shape.inodeSize).fill(0);
  const { uid, gid, size, blocks, attributeBlock } = fields;
  const sectors = (blocks * shape.blockSize) / 512;
  inode.writeUInt16LE(fields.mode, 0x0);
  inode.writeUInt16LE(uid & 0xffff, 0x2);
  inode.writeUInt32LE(size % 2 ** 32, 0x4);
  inode.writeUInt16LE(gid & 0xffff, 0x18);
  inode.writeUInt16LE(fields.links, 0x1a);
  inode.writeUInt32LE(sectors % 2 ** 32, 0x1c);
  inode.writeUInt32LE(fields.hasExtents ? EXTENTS : 0, 0x20);
  inode.set(fields.place, PLACE_AT);
  inode.writeUInt32LE(attributeBlock % 2 ** 32, 0x68);
  inode.writeUInt32LE(Math.floor(size / 2 ** 32), 0x6c);
  inode.writeUInt16LE(Math.floor(sectors / 2 ** 32), 0x74);
  inode.writeUInt16LE(Math.floor(attributeBlock / 2 ** 32), 0x76);
  inode.writeUInt16LE(uid >>> 16, 0x78);
  inode.writeUInt16LE(gid >>> 16, 0x7a);
  if (shape.inodeSize > OLD_INODE_BYTES) inode.writeUInt16LE(shape.extraInodeSize, 0x80);
  writeTimes(inode, shape, fields.mtimeNanoseconds);
  if (fields.attributes !== null) inode.set(fields.attributes, OLD_INODE_BYTES + shape.extraInodeSize);
  writeInodeChecksum(inode, shape, fields.number);
  return inode;
}

/** Of change, access, modification and, in larger inodes, creation. */
const timePlaces = [
  [0xc, 0x84],
  [0x10, 0x88],
  [0x8, 0x8c],
  [0x90, 0x94],
] as const;

/** Seconds are 34 bits, of which the upper two sit with the nanoseconds. */
function writeTimes(inode: Buffer, { extraInodeSize }: ExtShape, nanoseconds: bigint): void {
  const seconds = (nanoseconds - (((nanoseconds % BILLION) + BILLION) % BILLION)) / BILLION;
  const low = BigInt.asIntN(32, seconds);
  const upper = Number(((seconds - low) >> 32n) & 3n);
  const rest = Number(nanoseconds - seconds * BILLION);
  for (const [place, extra] of timePlaces) {
    const end = OLD_INODE_BYTES + extraInodeSize;
    if (place < OLD_INODE_BYTES || place + 4 <= end) inode.writeInt32LE(Number(low), place);
    if (extra + 4 <= end) inode.writeUInt32LE(((rest << 2) | upper) >>> 0, extra);
  }
}

const BILLION = 1_000_000_000n;

function writeInodeChecksum(inode: Buffer, shape: ExtShape, number: number): void {
  if (!shape.has.checksums) return;
  const checksum = crc32c(inodeSeed(shape, number), inode);
  inode.writeUInt16LE(checksum & 0xffff, 0x7c);
  if (shape.extraInodeSize >= 4) inode.writeUInt16LE(checksum >>> 16, 0x82);
}

/** Devices as Linux numbers them, in the form that fits. */
export function encodeDevice(major: number, minor: number): Buffer {
  const place = Buffer.allocUnsafe(PLACE_BYTES).fill(0);
  if (major < 256 && minor < 256) place.writeUInt32LE((major << 8) | minor, 0);
  else place.writeUInt32LE(((minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12)) >>> 0, 4);
  return place;
}
