// SPDX-License-Identifier: Apache-2.0
import type { FileHandle } from 'node:fs/promises';
import type { Identity } from './identity.ts';

const SECTOR = 512;
const MAGIC = 'KDMV';
/** In the header, in sectors. Source: VMware Virtual Disk Format 1.1, the header of sparse extents. */
const DESCRIPTOR_AT = 28;

/** Gives a VMDK image of one file its content id, which is a line of text in its descriptor. */
export async function settleVmdk(file: FileHandle, identity: Identity): Promise<void> {
  const header = Buffer.alloc(SECTOR);
  await file.read(header, 0, SECTOR, 0);
  if (header.toString('latin1', 0, 4) !== MAGIC) return;
  const start = Number(header.readBigUInt64LE(DESCRIPTOR_AT)) * SECTOR;
  const length = Number(header.readBigUInt64LE(DESCRIPTOR_AT + 8)) * SECTOR;
  const descriptor = Buffer.alloc(length);
  await file.read(descriptor, 0, length, start);
  const end = descriptor.indexOf(0);
  const text = descriptor.toString('latin1', 0, end === -1 ? length : end);
  // The highest values have a meaning of their own.
  const id = (identity('content', 4).readUInt32BE(0) & 0x7fffffff).toString(16).padStart(8, '0');
  const settled = text.replace(/^CID=[0-9a-f]+$/m, `CID=${id}`);
  if (settled.length <= length) {
    await file.write(Buffer.alloc(length).fill(settled, 0, settled.length, 'latin1'), 0, length, start);
  }
}
