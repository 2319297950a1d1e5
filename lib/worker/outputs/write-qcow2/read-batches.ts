// SPDX-License-Identifier: Apache-2.0
import type { FileHandle } from 'node:fs/promises';
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
  readonly extents: readonly Extent[];
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
  const read = async ({ first, end }: Run): Promise<ClusterBatch> => {
    const buffer =
      free.pop() ?? Buffer.allocUnsafeSlow(clustersPerBatch(reading.clusterBytes) * reading.clusterBytes);
    const data = await readFully(
      file,
      first * reading.clusterBytes,
      buffer.subarray(0, (end - first) * reading.clusterBytes),
    );
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

type Run = { readonly first: number; readonly end: number };

/** Extents in whole clusters, none twice, cut into what is read at once. */
function* batchesOf({ extents, clusterBytes, size }: Reading): Generator<Run> {
  const last = Math.ceil(size / clusterBytes);
  const atOnce = clustersPerBatch(clusterBytes);
  let done = 0;
  for (const { start, length } of extents) {
    const end = Math.min(last, Math.ceil((start + length) / clusterBytes));
    for (let first = Math.max(done, Math.floor(start / clusterBytes)); first < end; first += atOnce) {
      yield { first, end: Math.min(end, first + atOnce) };
    }
    done = Math.max(done, end);
  }
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
