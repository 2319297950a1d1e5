// SPDX-License-Identifier: Apache-2.0
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import type { Bytes, HostPath } from '../../../model/brands.ts';
import type { RawImage } from '../../disk/raw-image.ts';
import type { IndexCollector } from './cluster-index.ts';
import { checkOf, collectIndex } from './cluster-index.ts';
import type { ClusterCompressor } from './compress-cluster.ts';
import { clusterCompressor } from './compress-cluster.ts';
import type { Extent } from './data-extents.ts';
import type { KnownClusters, KnownImage } from './known-clusters.ts';
import { openKnownClusters } from './known-clusters.ts';
import { Qcow2Image } from './qcow2-image.ts';
import { clustersPerBatch, readBatches } from './read-batches.ts';
import type { StoredCluster } from './store-batch.ts';
import { storeBatch } from './store-batch.ts';

export type Qcow2Options = {
  readonly version: 2 | 3;
  /** A power of two from 512 to 2 MiB. */
  readonly clusterBytes: Bytes;
  readonly compress: boolean;
};

export type Qcow2Job = {
  readonly source: RawImage;
  /** Replaced when it exists. */
  readonly target: HostPath;
  /** Where the source's own file has data. */
  readonly extents: readonly Extent[];
  readonly options: Qcow2Options;
  /** Earlier images, in which compressed clusters are looked for; the result does not depend on them. */
  readonly known: readonly KnownImage[];
  /**
   * Where to write the index by which a later image can be made from this one; null: nowhere. An image that is not
   * compressed, or has more clusters than are worth it, gets none.
   */
  readonly index: HostPath | null;
  readonly signal: AbortSignal;
};

/** Of the clusters that hold anything but zeros. */
export type Qcow2Made = { readonly clusters: number; readonly reused: number };

/**
 * Writes a raw image as qcow2. Clusters are compressed on all cores and written in their order, so the same input
 * gives the same bytes. Zeros are left out; a cluster that does not shrink is stored as it is.
 */
export async function writeQcow2(job: Qcow2Job): Promise<Qcow2Made> {
  const { compress, clusterBytes } = job.options;
  const isKeyed = compress && (job.known.length > 0 || job.index !== null);
  const known = isKeyed ? await openKnownClusters(job.known, clusterBytes) : null;
  const compressor = compress ? clusterCompressor() : null;
  const input = await open(job.source.file, 'r');
  const output = await open(job.target, 'w', 0o644);
  try {
    return await copyClusters(job, { input, output, compressor, known });
  } finally {
    await input.close();
    await output.close();
    await known?.close();
    compressor?.close();
  }
}

type Files = {
  readonly input: FileHandle;
  readonly output: FileHandle;
  readonly compressor: ClusterCompressor | null;
  readonly known: KnownClusters | null;
};

async function copyClusters(
  { source, options, extents, index, signal }: Qcow2Job,
  { input, output, compressor, known }: Files,
): Promise<Qcow2Made> {
  const { clusterBytes } = options;
  const { size } = await input.stat();
  const image = new Qcow2Image(output, { ...options, size });
  const entries = collectIndex(clusterBytes);
  const made = { clusters: 0, reused: 0 };
  await inOrder(readBatches(input, { size, clusterBytes, extents, borrowed: source.borrowed, signal }), {
    limit: batchesInFlight(clusterBytes),
    start: async ({ clusters, release }) => ({
      stored: await storeBatch(clusters, { compressor, known }),
      release,
    }),
    finish: async ({ stored, release }) => {
      for (const cluster of stored) await addCluster(image, cluster, index === null ? null : entries);
      made.clusters += stored.length;
      made.reused += stored.filter(({ check }) => check !== null).length;
      release();
    },
  });
  const imageBytes = await image.finish();
  if (index !== null && compressor !== null) await entries.write(index, imageBytes);
  return made;
}

async function addCluster(
  image: Qcow2Image,
  { index, key, data, isCompressed, check }: StoredCluster,
  entries: IndexCollector | null,
): Promise<void> {
  const offset = isCompressed ? await image.addCompressed(index, data) : await image.addPlain(index, data);
  if (key !== null)
    entries?.add({ key, offset, length: data.length, isCompressed, check: check ?? checkOf(data) });
}

/**
 * Enough clusters to keep every core busy while the oldest are written, in at most 64 MiB. Each needs a compressor, of
 * half a megabyte.
 */
function batchesInFlight(clusterBytes: number): number {
  const inBatch = clustersPerBatch(clusterBytes);
  const clusters = Math.max(32, Math.min(128, 4 * availableParallelism()));
  const fitting = Math.floor((64 * 1024 * 1024) / (inBatch * clusterBytes));
  return Math.max(2, Math.min(Math.ceil(clusters / inBatch), fitting));
}

type Stages<In, Out> = {
  readonly limit: number;
  readonly start: (item: In) => Promise<Out>;
  readonly finish: (done: Out) => Promise<void>;
};

/** Starts up to `limit` items at once and finishes them one by one in the order they came. */
async function inOrder<In, Out>(
  items: AsyncIterable<In>,
  { limit, start, finish }: Stages<In, Out>,
): Promise<void> {
  const started: Promise<Out>[] = [];
  const finishFirst = async (): Promise<void> => {
    const first = started.shift();
    if (first !== undefined) await finish(await first);
  };
  try {
    for await (const item of items) {
      if (started.length >= limit) await finishFirst();
      started.push(start(item));
    }
    while (started.length > 0) await finishFirst();
  } finally {
    await Promise.allSettled(started);
  }
}
