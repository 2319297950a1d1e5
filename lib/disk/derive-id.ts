// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';

/** A version 4 UUID that is the same for the same seed and name: images built twice have the same identifiers. */
export function deriveUuid(seed: string, name: string): string {
  const digest = createHash('sha256').update(`${seed}\0${name}`).digest();
  digest.writeUInt8((digest.readUInt8(6) & 0x0f) | 0x40, 6);
  digest.writeUInt8((digest.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = digest.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    '-',
  );
}

/** Eight hex digits: an MBR disk identifier or the serial number of a FAT volume. Never all zero. */
export function deriveSerial(seed: string, name: string): string {
  const serial = deriveUuid(seed, name).slice(0, 8);
  return serial === '00000000' ? '00000001' : serial;
}
