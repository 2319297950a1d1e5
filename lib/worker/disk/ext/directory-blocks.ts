// SPDX-License-Identifier: Apache-2.0
import { crc32c } from './checksum.ts';
import type { FileKind } from './source-tree.ts';
import type { ExtShape } from './super-block.ts';

export type DirectoryEntry = {
  /** A character for each byte. */
  readonly name: string;
  readonly number: number;
  readonly kind: FileKind;
};

const kindNumbers: Readonly<Record<FileKind, number>> = {
  file: 1,
  directory: 2,
  character: 3,
  block: 4,
  fifo: 5,
  socket: 6,
  symlink: 7,
};

const HEADER = 8;
/** A record of nobody's at the end of each block, which holds the checksum. */
const TAIL = 12;
const TAIL_KIND = 0xde;

const recordLength = (name: string): number => HEADER + Math.ceil(name.length / 4) * 4;
const usable = ({ blockSize, has }: ExtShape): number => blockSize - (has.checksums ? TAIL : 0);

/** How many blocks a directory takes that holds these names besides its own two. */
export function directoryBlocksNeeded(names: Iterable<string>, shape: ExtShape): number {
  let blocks = 1;
  let used = recordLength('.') + recordLength('..');
  for (const name of names) {
    const length = recordLength(name);
    if (used + length > usable(shape)) {
      blocks++;
      used = 0;
    }
    used += length;
  }
  return blocks;
}

/** @param entries With `.` and `..` in front. @param inodeSeed What checksums of the inode's blocks start from. */
export function encodeDirectory(
  entries: readonly DirectoryEntry[],
  shape: ExtShape,
  inodeSeed: number,
): readonly Buffer[] {
  const blocks: Buffer[] = [];
  let pending: DirectoryEntry[] = [];
  let used = 0;
  const close = (): void => void blocks.push(encodeBlock(pending, shape, inodeSeed));
  for (const entry of entries) {
    const length = recordLength(entry.name);
    if (used + length > usable(shape)) {
      close();
      pending = [];
      used = 0;
    }
    pending.push(entry);
    used += length;
  }
  close();
  return blocks;
}

/** The last record reaches to the end. */
function encodeBlock(entries: readonly DirectoryEntry[], shape: ExtShape, inodeSeed: number): Buffer {
  const block = Buffer.alloc(shape.blockSize);
  const end = usable(shape);
  let at = 0;
  entries.forEach(({ name, number, kind }, index) => {
    const length = index === entries.length - 1 ? end - at : recordLength(name);
    block.writeUInt32LE(number, at);
    block.writeUInt16LE(length, at + 4);
    block.writeUInt8(name.length, at + 6);
    block.writeUInt8(kindNumbers[kind], at + 7);
    block.write(name, at + HEADER, 'latin1');
    at += length;
  });
  if (!shape.has.checksums) return block;
  block.writeUInt16LE(TAIL, end + 4);
  block.writeUInt8(TAIL_KIND, end + 7);
  block.writeUInt32LE(crc32c(inodeSeed, block.subarray(0, end)), end + HEADER);
  return block;
}

/** Names and inode numbers in a block that mke2fs has written. */
export function readDirectoryBlock(block: Buffer): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (let at = 0; at + HEADER <= block.length;) {
    const length = block.readUInt16LE(at + 4);
    if (length < HEADER) break;
    const number = block.readUInt32LE(at);
    const name = block.toString('latin1', at + HEADER, at + HEADER + block.readUInt8(at + 6));
    if (number !== 0) found.set(name, number);
    at += length;
  }
  return found;
}
