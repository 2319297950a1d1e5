// SPDX-License-Identifier: Apache-2.0
import { open } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import type { Bytes, HostPath } from '../../../model/brands.ts';
import type { Extent } from './data-extents.ts';
import { compressCluster } from './compress-cluster.ts';
import { Qcow2Image } from './qcow2-image.ts';
import { readClusters } from './read-clusters.ts';

export type Qcow2Options = {
  readonly version: 2 | 3;
  /** A power of two from 512 to 2 MiB. */
  readonly clusterBytes: Bytes;
  readonly compress: boolean;
};

export type Qcow2Job = {
  /** A raw image. */
  readonly source: HostPath;
  /** Replaced when it exists. */
  readonly target: HostPath;
  /** Where the source has data; the rest of it reads as zeros. */
  readonly extents: readonly Extent[];
  readonly options: Qcow2Options;
  readonly signal: AbortSignal;
};

/**
 * Writes a raw image as qcow2. Clusters are compressed on all cores and written in their order, so the same input
 * gives the same bytes. Zeros are left out; a cluster that does not shrink is stored as it is.
 */
export async function writeQcow2({ source, target, extents, options, signal }: Qcow2Job): Promise<void> {
  const input = await open(source, 'r');
  const output = await open(target, 'w', 0o644);
  try {
    const { size } = await input.stat();
    const image = new Qcow2Image(output, { ...options, size });
    await inOrder(readClusters(input, { size, clusterBytes: options.clusterBytes, extents, signal }), {
      limit: clustersInFlight(options.clusterBytes),
      start: async ({ index, data }) => {
        const compressed = options.compress ? await compressCluster(data) : null;
        return { index, data, compressed };
      },
      finish: ({ index, data, compressed }) =>
        compressed === null ? image.addPlain(index, data) : image.addCompressed(index, compressed),
    });
    await image.finish();
  } finally {
    await input.close();
    await output.close();
  }
}

/** Enough to keep every core busy while the oldest is written, within 64 MiB. */
function clustersInFlight(clusterBytes: number): number {
  return Math.max(2, Math.min(16 * availableParallelism(), (64 * 1024 * 1024) / clusterBytes));
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
