// SPDX-License-Identifier: Apache-2.0
import type { FileHandle } from 'node:fs/promises';

/** A file system inside a raw file. */
export type RawBlocks = {
  readonly file: FileHandle;
  /** Where the file system begins, in bytes. */
  readonly offset: number;
  readonly blockSize: number;
};

export async function readBytes(raw: RawBlocks, at: number, length: number): Promise<Buffer> {
  const data = Buffer.alloc(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await raw.file.read(data, done, length - done, raw.offset + at + done);
    if (bytesRead === 0) throw new Error(`the raw file ends at ${raw.offset + at + done}`);
    done += bytesRead;
  }
  return data;
}

export async function writeBytes(raw: RawBlocks, at: number, data: Uint8Array): Promise<void> {
  let done = 0;
  while (done < data.length) {
    const position = raw.offset + at + done;
    done += (await raw.file.write(data, done, data.length - done, position)).bytesWritten;
  }
}

export const readBlock = (raw: RawBlocks, block: number): Promise<Buffer> =>
  readBytes(raw, block * raw.blockSize, raw.blockSize);

export const writeBlock = (raw: RawBlocks, block: number, data: Uint8Array): Promise<void> =>
  writeBytes(raw, block * raw.blockSize, data);
