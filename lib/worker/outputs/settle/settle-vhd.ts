// SPDX-License-Identifier: Apache-2.0
import type { FileHandle } from 'node:fs/promises';
import type { Identity } from './identity.ts';

/** Source: Virtual Hard Disk Image Format Specification, the footer. */
const FOOTER_BYTES = 512;
const TIME_AT = 24;
const CHECKSUM_AT = 64;
const UUID_AT = 68;

/** Gives a VHD image its identity, and the start of VHD's time for a date. A dynamic disk has its footer in front, too. */
export async function settleVhd(file: FileHandle, identity: Identity): Promise<void> {
  const { size } = await file.stat();
  for (const position of [0, size - FOOTER_BYTES]) {
    const footer = Buffer.alloc(FOOTER_BYTES);
    await file.read(footer, 0, FOOTER_BYTES, position);
    if (footer.toString('latin1', 0, 8) !== 'conectix') continue;
    footer.writeUInt32BE(0, TIME_AT);
    identity('image', 16).copy(footer, UUID_AT);
    footer.writeUInt32BE(0, CHECKSUM_AT);
    const sum = footer.reduce((total, byte) => total + byte, 0);
    footer.writeUInt32BE(~sum >>> 0, CHECKSUM_AT);
    await file.write(footer, 0, FOOTER_BYTES, position);
  }
}
