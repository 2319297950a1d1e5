// SPDX-License-Identifier: Apache-2.0
import type { FileHandle } from 'node:fs/promises';
import type { BorrowedBytes } from '../../disk/raw-image.ts';
import { borrowedReader } from '../../disk/raw-image.ts';
import type { Extent } from './data-extents.ts';

export type Cluster = {
  /** Counts from the start of the disk. */
  readonly index: number;
  /** Whole: the last one of the disk is filled up with zeros. */
  readonly data: Buffer;
};

/** Neighbouring clusters that hold anything but zeros. */
export type ClusterBatch = {
  readonly clusters: readonly Cluster[];
  /** Called once, when the clusters' bytes are needed no more: the next batch may come into their place. */
  readonly release: () => void;
};

export type Reading = {
  readonly size: number;
  readonly clusterBytes: number;
  /** Where the file has data. */
  readonly extents: readonly Extent[];
  readonly borrowed: readonly BorrowedBytes[];
  readonly signal: AbortSignal;
};

const READ_BYTES = 1024 * 1024;

/** Of the usual size. More of a smaller one would keep too many compressors at work. */
const MOST_PER_BATCH = 16;

/** How many clusters are read at once. */
export const clustersPerBatch = (clusterBytes: number): number =>
  Math.max(1, Math.min(MOST_PER_BATCH, Math.floor(READ_BYTES / clusterBytes)));

/** The clusters that hold anything but zeros, in order, each once. One batch is read ahead of what is asked for. */
export async function* readBatches(file: FileHandle, reading: Reading): AsyncGenerator<ClusterBatch> {
  const free: Buffer[] = [];
  const zeros = Buffer.alloc(reading.clusterBytes);
  const reader = borrowedReader(reading.borrowed);
  const read = async ({ first, end, isInFile }: Batch): Promise<ClusterBatch> => {
    const buffer =
      free.pop() ?? Buffer.allocUnsafeSlow(clustersPerBatch(reading.clusterBytes) * reading.clusterBytes);
    const data = buffer.subarray(0, (end - first) * reading.clusterBytes);
    const start = first * reading.clusterBytes;
    if (isInFile) await readFully(file, start, data);
    else data.fill(0);
    await reader.fill(data, start);
    return { clusters: clustersIn(data, first, zeros), release: () => void free.push(buffer) };
  };
  let ahead: Promise<ClusterBatch> | null = null;
  try {
    for (const run of batchesOf(reading)) {
      reading.signal.throwIfAborted();
      const ready: ClusterBatch | null = await ahead;
      // Asked for before what is ready is compressed: on a pool that serves in order, it would else come last.
      ahead = read(run);
      if (ready !== null) yield ready;
    }
    if (ahead !== null) yield await ahead;
  } finally {
    await ahead?.catch(() => undefined);
  }
}

function clustersIn(data: Buffer, first: number, zeros: Buffer): readonly Cluster[] {
  return Array.from({ length: data.length / zeros.length }, (_, place) => ({
    index: first + place,
    data: data.subarray(place * zeros.length, (place + 1) * zeros.length),
  })).filter((cluster) => !cluster.data.equals(zeros));
}

/** Clusters that are read at once. */
type Batch = Run & {
  /** Whether the file has anything of them. */
  readonly isInFile: boolean;
};

/** Neighbouring clusters, the last one excluded. */
type Run = { readonly first: number; readonly end: number };

function* batchesOf({ extents, borrowed, clusterBytes, size }: Reading): Generator<Batch> {
  const inFile = runsOf(extents, clusterBytes, size);
  const atOnce = clustersPerBatch(clusterBytes);
  let next = 0;
  for (const run of runsOf([...extents, ...borrowed], clusterBytes, size)) {
    for (let first = run.first; first < run.end; first += atOnce) {
      const end = Math.min(run.end, first + atOnce);
      while ((inFile[next]?.end ?? Infinity) <= first) next++;
      yield { first, end, isInFile: (inFile[next]?.first ?? Infinity) < end };
    }
  }
}

/** Extents in whole clusters, none twice. */
function runsOf(extents: readonly Extent[], clusterBytes: number, size: number): readonly Run[] {
  const last = Math.ceil(size / clusterBytes);
  const runs: { first: number; end: number }[] = [];
  for (const { start, length } of [...extents].sort((a, b) => a.start - b.start)) {
    const first = Math.floor(start / clusterBytes);
    const end = Math.min(last, Math.ceil((start + length) / clusterBytes));
    const before = runs.at(-1);
    if (before !== undefined && first <= before.end) before.end = Math.max(before.end, end);
    else if (first < end) runs.push({ first, end });
  }
  return runs;
}

/** What lies behind the end of the file is zeros. */
async function readFully(file: FileHandle, position: number, buffer: Buffer): Promise<Buffer> {
  let filled = 0;
  while (filled < buffer.length) {
    const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.fill(0, filled);
}
