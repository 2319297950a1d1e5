// SPDX-License-Identifier: Apache-2.0
import { closeSync, openSync } from 'node:fs';
import { readInto } from '../read-into.ts';
import type { Run } from './block-usage.ts';
import type { Extent } from './extents.ts';
import type { RawBlocks } from './raw-blocks.ts';
import { writeBytes } from './raw-blocks.ts';
import type { SourceFile } from './source-tree.ts';
import { pathIn } from './source-tree.ts';

const WINDOW_BYTES = 4 * 1024 * 1024;
/** Zeros in a row that are worth a hole in the raw file. */
const HOLE_BYTES = 16 * 1024;

export type Content = { readonly file: SourceFile; readonly extents: readonly Extent[] };

/**
 * Copies the content of files to its places, which are best in rising order.
 * @param directory Where the tree is, a character for each byte. @param onWindow Called now and then; may throw.
 */
export async function writeContent(
  raw: RawBlocks,
  directory: string,
  { contents, onWindow }: { readonly contents: Iterable<Content>; readonly onWindow: () => void },
): Promise<void> {
  const windows = openWindows(raw, onWindow);
  for (const { file, extents } of contents) {
    if (file.kind === 'symlink') {
      const [extent] = extents;
      const room = await windows.room(extent?.physical ?? 0, raw.blockSize);
      room.write(file.target, 'latin1');
    } else await copyFile(raw, pathIn(directory, file.path), { file, extents, windows });
  }
  await windows.flush();
}

type Copy = Content & { readonly windows: Windows };

async function copyFile(raw: RawBlocks, path: Buffer, { file, extents, windows }: Copy): Promise<void> {
  const source = openSync(path, 'r');
  try {
    for (const { logical, physical, count } of extents) {
      const end = Math.min((logical + count) * raw.blockSize, file.size);
      for (let at = logical * raw.blockSize; at < end; at += WINDOW_BYTES) {
        const length = Math.min(WINDOW_BYTES, end - at);
        const blocks = Math.ceil(length / raw.blockSize);
        const block = physical + at / raw.blockSize - logical;
        const room = await windows.room(block, blocks * raw.blockSize);
        await readInto(room.subarray(0, length), { source, at, path });
      }
    }
  } finally {
    closeSync(source);
  }
}

/** Neighbouring blocks on their way into the raw file. */
type Windows = {
  /** Zeros to fill, for blocks from `block` on. */
  readonly room: (block: number, length: number) => Promise<Buffer>;
  readonly flush: () => Promise<void>;
};

/** One is filled while the other is written. */
function openWindows(raw: RawBlocks, onWindow: () => void): Windows {
  let filling = Buffer.alloc(WINDOW_BYTES);
  let spare = Buffer.alloc(WINDOW_BYTES);
  let start = 0;
  let used = 0;
  let writing: Promise<void> = Promise.resolve();
  const swap = async (): Promise<void> => {
    await writing;
    onWindow();
    const full = filling.subarray(0, used);
    writing = writeWithHoles(raw, start * raw.blockSize, full);
    // Told of by whoever waits for it next.
    writing.catch(() => undefined);
    [filling, spare] = [spare, filling];
    used = 0;
  };
  const room = async (block: number, length: number): Promise<Buffer> => {
    const isNext = block === start + used / raw.blockSize && used + length <= WINDOW_BYTES;
    if (!isNext) {
      if (used > 0) await swap();
      start = block;
    }
    used += length;
    return filling.subarray(used - length, used).fill(0);
  };
  const flush = async (): Promise<void> => {
    if (used > 0) await swap();
    await writing;
  };
  return { room, flush };
}

/** The raw file is new: what is not written to it is zeros. */
async function writeWithHoles(raw: RawBlocks, at: number, data: Buffer): Promise<void> {
  let start = 0;
  for (let place = 0; place < data.length;) {
    const end = endOfZeros(data, place);
    if (end - place >= HOLE_BYTES || end === data.length) {
      await writeBytes(raw, at + start, data.subarray(start, place));
      start = end;
    }
    place = Math.max(end, place + raw.blockSize);
  }
  await writeBytes(raw, at + start, data.subarray(start));
}

const zeros = Buffer.alloc(4096);

/** The end of the whole blocks of zeros from a place on. */
function endOfZeros(data: Buffer, from: number): number {
  let end = from;
  while (end < data.length) {
    const length = Math.min(zeros.length, data.length - end);
    if (data.compare(zeros, 0, length, end, end + length) !== 0) break;
    end += length;
  }
  return end;
}

/** The blocks of a file that hold anything but zeros. */
export async function findData(
  directory: string,
  file: SourceFile,
  blockSize: number,
): Promise<readonly Run[]> {
  const path = pathIn(directory, file.path);
  const source = openSync(path, 'r');
  const runs: { start: number; count: number }[] = [];
  const window = Buffer.alloc(Math.min(WINDOW_BYTES, Math.ceil(file.size / blockSize) * blockSize));
  try {
    for (let at = 0; at < file.size; at += WINDOW_BYTES) {
      const length = Math.min(WINDOW_BYTES, file.size - at);
      await readInto(window.subarray(0, length), { source, at, path });
      for (let place = 0; place < length; place += blockSize) {
        const size = Math.min(blockSize, length - place);
        if (window.compare(zeros, 0, size, place, place + size) === 0) continue;
        const block = (at + place) / blockSize;
        const last = runs.at(-1);
        if (last !== undefined && last.start + last.count === block) last.count++;
        else runs.push({ start: block, count: 1 });
      }
    }
  } finally {
    closeSync(source);
  }
  return runs;
}
