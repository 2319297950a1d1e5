// SPDX-License-Identifier: Apache-2.0

/** CRC-32C as ext4 uses it: the caller gives the start value, and nothing is inverted at the end. */
export function crc32c(start: number, data: Uint8Array): number {
  let crc = start;
  for (const byte of data) crc = (castagnoli[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
  return crc >>> 0;
}

/** CRC-16 with the polynomial 0x8005, reflected: of group descriptors without `metadata_csum`. */
export function crc16(start: number, data: Uint8Array): number {
  let crc = start;
  for (const byte of data) crc = (ansi[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
  return crc;
}

/** A number as the checksums of groups and inodes begin. */
export function littleEndian32(value: number): Buffer {
  const buffer = Buffer.allocUnsafe(4);
  buffer.writeUInt32LE(value);
  return buffer;
}

const castagnoli = Uint32Array.from({ length: 256 }, (_, byte) => divide(byte, 0x82f63b78));
const ansi = Uint16Array.from({ length: 256 }, (_, byte) => divide(byte, 0xa001));

function divide(byte: number, polynomial: number): number {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = (value & 1) === 1 ? (value >>> 1) ^ polynomial : value >>> 1;
  return value >>> 0;
}
