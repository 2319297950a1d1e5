// SPDX-License-Identifier: Apache-2.0
import type { SizedDisk, SizedPartition, SizedTable } from '../../model/layout.ts';

export type Stretch = { readonly offset: number; readonly data: Buffer };

const ENTRY_BYTES = 128;
const ENTRIES = 128;
const HEADER_BYTES = 92;

/**
 * The bytes of a GPT, both copies and the protective MBR. For disks with sectors of 4096 bytes: sfdisk takes every
 * file for a disk with sectors of 512. Source: UEFI specification 2.10, chapter 5.
 */
export function gptTable({
  sectorSize,
  size,
  table,
}: SizedDisk & { readonly table: SizedTable }): readonly Stretch[] {
  const last = Math.floor(size / sectorSize) - 1;
  const entries = entriesOf(table.partitions, sectorSize);
  const entrySectors = Math.ceil(entries.length / sectorSize);
  const backupEntries = last - entrySectors;
  const header = (own: number, other: number, entriesAt: number): Buffer =>
    headerOf({
      id: table.id,
      own,
      other,
      entriesAt,
      entries,
      first: 2 + entrySectors,
      end: backupEntries - 1,
    });
  return [
    { offset: 0, data: protectiveMbr(last) },
    { offset: sectorSize, data: header(1, last, 2) },
    { offset: 2 * sectorSize, data: entries },
    { offset: backupEntries * sectorSize, data: entries },
    { offset: last * sectorSize, data: header(last, 1, backupEntries) },
  ];
}

/** One partition of type EE over the whole disk, as far as 32 bits reach. */
function protectiveMbr(last: number): Buffer {
  const sector = Buffer.alloc(512);
  sector.set([0, 0, 2, 0, 0xee, 0xff, 0xff, 0xff], 446);
  sector.writeUInt32LE(1, 454);
  sector.writeUInt32LE(Math.min(last, 0xffffffff), 458);
  sector.set([0x55, 0xaa], 510);
  return sector;
}

type Header = {
  readonly id: string;
  readonly own: number;
  readonly other: number;
  readonly entriesAt: number;
  readonly entries: Buffer;
  readonly first: number;
  readonly end: number;
};

function headerOf({ id, own, other, entriesAt, entries, first, end }: Header): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.write('EFI PART', 0, 'latin1');
  header.writeUInt32LE(0x00010000, 8);
  header.writeUInt32LE(HEADER_BYTES, 12);
  [own, other, first, end].forEach((sector, index) =>
    header.writeBigUInt64LE(BigInt(sector), 24 + 8 * index),
  );
  header.set(guid(id), 56);
  header.writeBigUInt64LE(BigInt(entriesAt), 72);
  header.writeUInt32LE(ENTRIES, 80);
  header.writeUInt32LE(ENTRY_BYTES, 84);
  header.writeUInt32LE(crc32(entries), 88);
  header.writeUInt32LE(crc32(header), 16);
  return header;
}

function entriesOf(partitions: readonly SizedPartition[], sectorSize: number): Buffer {
  const entries = Buffer.alloc(ENTRIES * ENTRY_BYTES);
  for (const { number, type, uuid, start, size, name } of partitions) {
    const at = (number - 1) * ENTRY_BYTES;
    entries.set(guid(type), at);
    entries.set(guid(uuid), at + 16);
    entries.writeBigUInt64LE(BigInt(start / sectorSize), at + 32);
    entries.writeBigUInt64LE(BigInt((start + size) / sectorSize - 1), at + 40);
    entries.write(name.slice(0, 36), at + 56, 'utf16le');
  }
  return entries;
}

/** The first three groups are little-endian. */
function guid(text: string): Buffer {
  const bytes = Buffer.from(text.replaceAll('-', ''), 'hex');
  bytes.subarray(0, 4).swap32();
  bytes.subarray(4, 8).swap16();
  return bytes;
}

/** CRC-32 of IEEE 802.3. */
export function crc32(data: Buffer): number {
  let remainder = 0xffffffff;
  for (const byte of data) {
    remainder ^= byte;
    for (let bit = 0; bit < 8; bit++) remainder = (remainder >>> 1) ^ (remainder & 1 ? 0xedb88320 : 0);
  }
  return ~remainder >>> 0;
}
