// SPDX-License-Identifier: Apache-2.0
import type { FileHandle } from 'node:fs/promises';
import { crc32c } from '../../disk/ext/checksum.ts';
import type { Identity } from './identity.ts';

const KIB = 1024;
/** Source: Microsoft's [MS-VHDX], 2.2 and 2.6. */
const HEADERS_AT = [64 * KIB, 128 * KIB];
const HEADER_BYTES = 4 * KIB;
const SEQUENCE_AT = 8;
const REGIONS_AT = 192 * KIB;
const TABLE_BYTES = 64 * KIB;
const METADATA_REGION = guid('8b7ca206-4790-4b9a-b8fe-575f050f886e');
const DISK_ID_ITEM = guid('beca12ab-b2e6-4523-93ef-c309e000c746');

/** Gives a VHDX image its identity, counts its headers from one, and empties its log, of which nothing is to be applied. */
export async function settleVhdx(file: FileHandle, identity: Identity): Promise<void> {
  const headers = await Promise.all(HEADERS_AT.map((position) => read(file, position, HEADER_BYTES)));
  if (!headers.every(isClean)) return;
  const sequences = headers.map((header) => header.readBigUInt64LE(SEQUENCE_AT));
  for (const [place, header] of headers.entries()) {
    const isNewest = sequences.every((sequence) => sequence <= (sequences[place] ?? 0n));
    header.writeBigUInt64LE(isNewest ? 2n : 1n, SEQUENCE_AT);
    await writeHeader(file, header, { position: HEADERS_AT[place] ?? 0, identity });
  }
  const region = await metadataRegion(file);
  if (region === null) return;
  const item = find(await read(file, region, TABLE_BYTES), { guid: DISK_ID_ITEM, first: 32, entryBytes: 32 });
  if (item === null) return;
  await file.write(identity('disk', 16), 0, 16, region + item.readUInt32LE(16));
}

const isClean = (header: Buffer): boolean =>
  header.toString('latin1', 0, 4) === 'head' && header.subarray(48, 64).every((byte) => byte === 0);

async function writeHeader(
  file: FileHandle,
  header: Buffer,
  { position, identity }: { readonly position: number; readonly identity: Identity },
): Promise<void> {
  identity('file', 16).copy(header, 16);
  identity('data', 16).copy(header, 32);
  header.writeUInt32LE(0, 4);
  header.writeUInt32LE(~crc32c(0xffffffff, header) >>> 0, 4);
  await file.write(header, 0, HEADER_BYTES, position);
  await clear(file, Number(header.readBigUInt64LE(72)), header.readUInt32LE(68));
}

/** Blocks that are empty are left alone: they may be holes. */
async function clear(file: FileHandle, start: number, length: number): Promise<void> {
  const zeros = Buffer.alloc(HEADER_BYTES);
  for (let position = start; position < start + length; position += HEADER_BYTES) {
    const block = await read(file, position, HEADER_BYTES);
    if (!block.equals(zeros)) await file.write(zeros, 0, HEADER_BYTES, position);
  }
}

async function metadataRegion(file: FileHandle): Promise<number | null> {
  const table = await read(file, REGIONS_AT, TABLE_BYTES);
  const entry = find(table, { guid: METADATA_REGION, first: 16, entryBytes: 32 });
  return entry === null ? null : Number(entry.readBigUInt64LE(16));
}

type Sought = { readonly guid: Buffer; readonly first: number; readonly entryBytes: number };

/** The entry of a table that begins with the GUID. */
function find(table: Buffer, { guid, first, entryBytes }: Sought): Buffer | null {
  for (let at = first; at + entryBytes <= table.length; at += entryBytes) {
    const entry = table.subarray(at, at + entryBytes);
    if (entry.subarray(0, 16).equals(guid)) return entry;
  }
  return null;
}

async function read(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  await file.read(buffer, 0, length, position);
  return buffer;
}

/** As it is stored: its first three groups with the lowest byte first. */
function guid(text: string): Buffer {
  const bytes = Buffer.from(text.replaceAll('-', ''), 'hex');
  bytes.subarray(0, 4).reverse();
  bytes.subarray(4, 6).reverse();
  bytes.subarray(6, 8).reverse();
  return bytes;
}
