// SPDX-License-Identifier: Apache-2.0

/** Numbers and texts of an ELF file, in its own width and byte order. @throws DamagedElf for places beyond its end. */
export type ElfBytes = {
  readonly bits: 32 | 64;
  readonly byteOrder: 'little' | 'big';
  /** 16 bits. */
  readonly half: (offset: number) => number;
  /** 32 bits. */
  readonly word: (offset: number) => number;
  /** An address, an offset or a size: as wide as the file's class. Not exact beyond 2^53, which no file reaches. */
  readonly address: (offset: number) => number;
  readonly part: (offset: number, length: number) => Uint8Array;
};

/** What begins as an ELF file, and goes on as none. The message says what is wrong with it. */
export class DamagedElf extends Error {
  override readonly name = 'DamagedElf';
}

/** Null when there is no whole ELF header. */
export function openElf(bytes: Uint8Array): ElfBytes | null {
  const bits = bytes[4] === 1 ? 32 : bytes[4] === 2 ? 64 : null;
  const byteOrder = bytes[5] === 1 ? 'little' : bytes[5] === 2 ? 'big' : null;
  if (!beginsAsElf(bytes) || bits === null || byteOrder === null) return null;
  if (bytes.length < headerBytes[bits]) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isLittle = byteOrder === 'little';
  const checked = (offset: number, length: number): number => {
    if (offset + length > bytes.length) throw new DamagedElf('it is cut short, or damaged');
    return offset;
  };
  return {
    bits,
    byteOrder,
    half: (offset) => view.getUint16(checked(offset, 2), isLittle),
    word: (offset) => view.getUint32(checked(offset, 4), isLittle),
    address: (offset) =>
      bits === 32
        ? view.getUint32(checked(offset, 4), isLittle)
        : Number(view.getBigUint64(checked(offset, 8), isLittle)),
    part: (offset, length) => bytes.subarray(checked(offset, length), offset + length),
  };
}

/** Whether the first bytes of a file are those of every ELF file. */
export const beginsAsElf = (bytes: Uint8Array): boolean =>
  bytes[0] === 0x7f && bytes[1] === 0x45 && bytes[2] === 0x4c && bytes[3] === 0x46;

const headerBytes = { 32: 52, 64: 64 } as const;

/** No path is longer, and a list of directories hardly ever. */
const longestText = 65_536;

/** The text from a place on, up to the zero byte that ends it. @throws DamagedElf without one. */
export function textIn(bytes: Uint8Array, offset: number): string {
  const text = bytes.subarray(offset, offset + longestText);
  const end = text.indexOf(0);
  if (end === -1) throw new DamagedElf('a text in it has no end');
  return Buffer.from(text.subarray(0, end)).toString();
}
