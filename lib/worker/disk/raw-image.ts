// SPDX-License-Identifier: Apache-2.0
import { closeSync, openSync } from 'node:fs';
import type { HostPath } from '../../model/brands.ts';
import { readInto } from './read-into.ts';

/** A stretch of a raw image whose bytes are those of a file of the tree. Its own file has a hole there. */
export type BorrowedBytes = {
  /** Where in the image, in bytes. */
  readonly start: number;
  readonly length: number;
  readonly path: Buffer;
  /** Where in the file at `path`, in bytes. */
  readonly from: number;
};

/** A raw image. What it borrows can be had as long as the tree is mounted. */
export type RawImage = {
  readonly file: HostPath;
  /** In rising order, without overlap. */
  readonly borrowed: readonly BorrowedBytes[];
};

/** One that has all in its file. */
export const wholeImage = (file: HostPath): RawImage => ({ file, borrowed: [] });

/** For readers who ask for rising places. */
export type BorrowedReader = {
  /** Fills in what is borrowed of the bytes from `start` on. */
  readonly fill: (data: Buffer, start: number) => Promise<void>;
};

export function borrowedReader(borrowed: readonly BorrowedBytes[]): BorrowedReader {
  let next = 0;
  return {
    fill: async (data, start) => {
      const end = start + data.length;
      const isBefore = (bytes: BorrowedBytes | undefined): boolean =>
        bytes !== undefined && bytes.start + bytes.length <= start;
      while (isBefore(borrowed[next])) next++;
      for (let place = next; place < borrowed.length; place++) {
        const bytes = borrowed[place];
        if (bytes === undefined || bytes.start >= end) break;
        const first = Math.max(start, bytes.start);
        const last = Math.min(end, bytes.start + bytes.length);
        await readBorrowed(bytes, { room: data.subarray(first - start, last - start), first });
      }
    },
  };
}

async function readBorrowed(
  { start, path, from }: BorrowedBytes,
  { room, first }: { readonly room: Buffer; readonly first: number },
): Promise<void> {
  const source = openSync(path, 'r');
  try {
    await readInto(room, { source, at: from + first - start, path });
  } finally {
    closeSync(source);
  }
}
