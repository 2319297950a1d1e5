// SPDX-License-Identifier: Apache-2.0
import { crc32c } from './checksum.ts';
import { accessListOnDisk } from './access-list.ts';
import { OLD_INODE_BYTES } from './inode.ts';
import type { ExtShape } from './super-block.ts';

/** An extended attribute as programs see it. */
export type Attribute = { readonly name: string; readonly value: Buffer };

/** Divided between the inode, as far as it has room, and a block. */
export type StoredAttributes = {
  readonly inInode: Buffer | null;
  /** Without its checksum, which depends on the place; null: all are in the inode. */
  readonly inBlock: Buffer | null;
};

/** A prefix becomes a number, and the name is what follows it. */
type StoredAttribute = { readonly prefix: number; readonly name: string; readonly value: Buffer };

const prefixes: readonly (readonly [string, number])[] = [
  ['user.', 1],
  ['system.posix_acl_access', 2],
  ['system.posix_acl_default', 3],
  ['trusted.', 4],
  ['security.', 6],
];

const MAGIC = 0xea020000;
const ENTRY = 16;
const MAGIC_BYTES = 4;
const BLOCK_HEADER = 32;
/** A list of entries ends with a word of zeros. */
const END_BYTES = 4;
const CHECKSUM_AT = 16;

/**
 * Those of other file systems, which ext4 would show to nobody, are left out.
 * @returns null when they do not fit into an inode and a block.
 */
export function storeAttributes(attributes: readonly Attribute[], shape: ExtShape): StoredAttributes | null {
  const all = attributes.flatMap(asStored).sort(inOrderOfBlocks);
  const room = shape.inodeSize - OLD_INODE_BYTES - shape.extraInodeSize - MAGIC_BYTES - END_BYTES;
  const inner: StoredAttribute[] = [];
  const outer: StoredAttribute[] = [];
  let left = room;
  for (const attribute of all) {
    const size = storedSize(attribute);
    const isInner = size <= left;
    (isInner ? inner : outer).push(attribute);
    if (isInner) left -= size;
  }
  const inBlock = BLOCK_HEADER + END_BYTES + outer.reduce((sum, attribute) => sum + storedSize(attribute), 0);
  if (inBlock > shape.blockSize) return null;
  return {
    inInode: inner.length === 0 ? null : encodeInInode(inner, shape),
    inBlock: outer.length === 0 ? null : encodeInBlock(outer, shape),
  };
}

function asStored({ name, value }: Attribute): readonly StoredAttribute[] {
  const [prefix, number] = prefixes.find(([start]) => name.startsWith(start)) ?? [];
  if (prefix === undefined || number === undefined) return [];
  const isAccessList = prefix.startsWith('system.');
  return [
    {
      prefix: number,
      name: name.slice(prefix.length),
      value: isAccessList ? accessListOnDisk(value) : value,
    },
  ];
}

/** The kernel looks for attributes of a block in this order. */
const inOrderOfBlocks = (a: StoredAttribute, b: StoredAttribute): number =>
  a.prefix - b.prefix || a.name.length - b.name.length || (a.name < b.name ? -1 : 1);

const padded = (length: number): number => Math.ceil(length / 4) * 4;

const storedSize = ({ name, value }: StoredAttribute): number =>
  ENTRY + padded(name.length) + padded(value.length);

function encodeInInode(attributes: readonly StoredAttribute[], shape: ExtShape): Buffer {
  const area = Buffer.alloc(shape.inodeSize - OLD_INODE_BYTES - shape.extraInodeSize);
  area.writeUInt32LE(MAGIC, 0);
  encodeEntries(area.subarray(MAGIC_BYTES), attributes, { start: 0, hash: () => 0 });
  return area;
}

function encodeInBlock(attributes: readonly StoredAttribute[], { blockSize }: ExtShape): Buffer {
  const block = Buffer.alloc(blockSize);
  block.writeUInt32LE(MAGIC, 0);
  block.writeUInt32LE(1, 4);
  block.writeUInt32LE(1, 8);
  const hashes = attributes.map(entryHash);
  encodeEntries(block, attributes, { start: BLOCK_HEADER, hash: (index) => hashes[index] ?? 0 });
  block.writeUInt32LE(
    hashes.reduce((sum, hash) => ((sum << 16) ^ (sum >>> 16) ^ hash) >>> 0, 0),
    12,
  );
  return block;
}

/** Entries grow from the start, values from the end. */
function encodeEntries(
  area: Buffer,
  attributes: readonly StoredAttribute[],
  { start, hash }: { readonly start: number; readonly hash: (index: number) => number },
): void {
  let at = start;
  let end = area.length;
  attributes.forEach(({ prefix, name, value }, index) => {
    end -= padded(value.length);
    area.writeUInt8(name.length, at);
    area.writeUInt8(prefix, at + 1);
    area.writeUInt16LE(value.length === 0 ? 0 : end, at + 2);
    area.writeUInt32LE(value.length, at + 8);
    area.writeUInt32LE(hash(index), at + 12);
    area.write(name, at + ENTRY, 'latin1');
    area.set(value, end);
    at += ENTRY + padded(name.length);
  });
}

/** Over the bytes of the name and the words of the value. */
function entryHash({ name, value }: StoredAttribute): number {
  let hash = 0;
  for (const byte of Buffer.from(name, 'latin1')) hash = ((hash << 5) ^ (hash >>> 27) ^ byte) >>> 0;
  const words = Buffer.alloc(padded(value.length));
  words.set(value);
  for (let at = 0; at < words.length; at += 4) {
    hash = ((hash << 16) ^ (hash >>> 16) ^ words.readUInt32LE(at)) >>> 0;
  }
  return hash;
}

/** The block as it is at its place. */
export function checkedAttributeBlock(block: Buffer, place: number, { seed, has }: ExtShape): Buffer {
  if (!has.checksums) return block;
  const at = Buffer.alloc(8);
  at.writeBigUInt64LE(BigInt(place));
  block.writeUInt32LE(0, CHECKSUM_AT);
  block.writeUInt32LE(crc32c(crc32c(seed, at), block), CHECKSUM_AT);
  return block;
}
