// SPDX-License-Identifier: Apache-2.0
import type { FileHandle } from 'node:fs/promises';
import type { Extent } from './data-extents.ts';

export type Cluster = {
  /** Counts from the start of the disk. */
  readonly index: number;
  /** Whole: the last one of the disk is filled up with zeros. */
  readonly data: Buffer;
};

export type Reading = {
  readonly size: number;
  readonly clusterBytes: number;
  readonly extents: readonly Extent[];
  readonly signal: AbortSignal;
};

const READ_BYTES = 1024 * 1024;

/** The clusters that hold anything but zeros, in order, each once. */
export async function* readClusters(
  file: FileHandle,
  { size, clusterBytes, extents, signal }: Reading,
): AsyncGenerator<Cluster> {
  const zeros = Buffer.alloc(clusterBytes);
  const perRead = Math.max(1, Math.floor(READ_BYTES / clusterBytes));
  for (const { first, end } of clusterRuns(extents, clusterBytes, size)) {
    for (let index = first; index < end; index += perRead) {
      signal.throwIfAborted();
      const count = Math.min(perRead, end - index);
      const chunk = await readFully(file, index * clusterBytes, count * clusterBytes);
      for (let offset = 0; offset < chunk.length; offset += clusterBytes) {
        const data = chunk.subarray(offset, offset + clusterBytes);
        if (!data.equals(zeros)) yield { index: index + offset / clusterBytes, data };
      }
    }
  }
}

type Run = { readonly first: number; readonly end: number };

/** Extents in whole clusters, none twice. */
function clusterRuns(extents: readonly Extent[], clusterBytes: number, size: number): readonly Run[] {
  const last = Math.ceil(size / clusterBytes);
  const runs: Run[] = [];
  let done = 0;
  for (const { start, length } of extents) {
    const first = Math.max(done, Math.floor(start / clusterBytes));
    const end = Math.min(last, Math.ceil((start + length) / clusterBytes));
    if (first < end) runs.push({ first, end });
    done = Math.max(done, end);
  }
  return runs;
}

/** What lies behind the end of the file is zeros. */
async function readFully(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.fill(0, filled);
}
