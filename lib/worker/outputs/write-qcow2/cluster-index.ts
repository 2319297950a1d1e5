// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import type { HostPath } from '../../../model/brands.ts';
import { compressor } from './compress-cluster.ts';

/** Where a cluster's stored form is in an image, and by what it is known. */
export type IndexEntry = {
  /** Of the cluster's bytes; see `keyOf`. */
  readonly key: Buffer;
  readonly offset: number;
  /** Of the stored bytes. */
  readonly length: number;
  readonly isCompressed: boolean;
  /** Of the stored bytes; see `checkOf`. */
  readonly check: Buffer;
};

/** Entries that can be looked up. */
export type ClusterIndex = { readonly find: (key: Buffer) => IndexEntry | null };

const KEY_BYTES = 16;
const CHECK_BYTES = 8;
const OFFSET_BYTES = 6;
const ENTRY_BYTES = KEY_BYTES + CHECK_BYTES + OFFSET_BYTES + 4;
const DIGEST_BYTES = 32;
/** Of 30 GB in clusters of the usual size. More would take too much memory. */
const MOST_ENTRIES = 500_000;

/** Two clusters with one key do not occur. SHA-256, which processors compute faster than anything else as sure. */
export const keyOf = (cluster: Buffer): Buffer => sha256(cluster).subarray(0, KEY_BYTES);

/** Finds stored bytes that are no longer what was written. */
export const checkOf = (stored: Buffer): Buffer => sha256(stored).subarray(0, CHECK_BYTES);

const sha256 = (data: Buffer): Buffer => createHash('sha256').update(data).digest();

/** What an index must have in common with the image at hand. */
export type IndexedImage = { readonly clusterBytes: number; readonly imageBytes: number };

/** An index in the making. */
export type IndexCollector = {
  readonly add: (entry: IndexEntry) => void;
  /** Writes nothing when there are more entries than an index may have. */
  readonly write: (file: HostPath, imageBytes: number) => Promise<void>;
};

/**
 * The file is a line of JSON, then entries in the order of their keys (key, check, offset, and length or, when it is
 * not compressed, 0), then the SHA-256 of it all.
 */
export function collectIndex(clusterBytes: number): IndexCollector {
  let entries = Buffer.alloc(1024 * ENTRY_BYTES);
  let count = 0;
  return {
    add: ({ key, offset, length, isCompressed, check }) => {
      if (count++ >= MOST_ENTRIES) return;
      const at = (count - 1) * ENTRY_BYTES;
      if (at === entries.length) entries = Buffer.concat([entries], 2 * entries.length);
      key.copy(entries, at);
      check.copy(entries, at + KEY_BYTES);
      entries.writeUIntBE(offset, at + KEY_BYTES + CHECK_BYTES, OFFSET_BYTES);
      entries.writeUInt32BE(isCompressed ? length : 0, at + ENTRY_BYTES - 4);
    },
    write: async (file, imageBytes) => {
      if (count > MOST_ENTRIES) return;
      const sorted = sortEntries(entries.subarray(0, count * ENTRY_BYTES));
      const content = Buffer.concat([Buffer.from(headFor({ clusterBytes, imageBytes }, count)), sorted]);
      await writeFile(file, Buffer.concat([content, sha256(content)]));
    },
  };
}

function sortEntries(entries: Buffer): Buffer {
  const starts = Uint32Array.from(
    { length: entries.length / ENTRY_BYTES },
    (_, place) => place * ENTRY_BYTES,
  );
  starts.sort((a, b) => entries.compare(entries, b, b + KEY_BYTES, a, a + KEY_BYTES) || a - b);
  const sorted = Buffer.allocUnsafe(entries.length);
  starts.forEach((start, place) => entries.copy(sorted, place * ENTRY_BYTES, start, start + ENTRY_BYTES));
  return sorted;
}

/** Null when there is none, it is damaged, or it is of another version, compressor, cluster size or image. */
export async function readIndex(file: HostPath, image: IndexedImage): Promise<ClusterIndex | null> {
  const stats = await stat(file).catch(() => null);
  if (stats === null || stats.size > (MOST_ENTRIES + 100) * ENTRY_BYTES) return null;
  const data = await readFile(file).catch(() => null);
  if (data === null || data.length < DIGEST_BYTES) return null;
  const content = data.subarray(0, -DIGEST_BYTES);
  const headBytes = content.indexOf('\n') + 1;
  const entries = content.subarray(headBytes);
  const count = entries.length / ENTRY_BYTES;
  if (content.toString('latin1', 0, headBytes) !== headFor(image, count)) return null;
  if (!sha256(content).equals(data.subarray(-DIGEST_BYTES))) return null;
  return { find: (key) => find(entries, key, image.clusterBytes) };
}

const headFor = ({ clusterBytes, imageBytes }: IndexedImage, count: number): string =>
  `${JSON.stringify({ qcow2Index: 1, compressor, clusterBytes, imageBytes, count })}\n`;

function find(entries: Buffer, key: Buffer, clusterBytes: number): IndexEntry | null {
  let low = 0;
  let high = entries.length / ENTRY_BYTES;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const at = middle * ENTRY_BYTES;
    const order = entries.compare(key, 0, KEY_BYTES, at, at + KEY_BYTES);
    if (order === 0) return decode(entries.subarray(at, at + ENTRY_BYTES), clusterBytes);
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  return null;
}

function decode(entry: Buffer, clusterBytes: number): IndexEntry {
  const length = entry.readUInt32BE(ENTRY_BYTES - 4);
  return {
    key: entry.subarray(0, KEY_BYTES),
    check: entry.subarray(KEY_BYTES, KEY_BYTES + CHECK_BYTES),
    offset: entry.readUIntBE(KEY_BYTES + CHECK_BYTES, OFFSET_BYTES),
    length: length === 0 ? clusterBytes : length,
    isCompressed: length > 0,
  };
}
