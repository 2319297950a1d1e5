// SPDX-License-Identifier: Apache-2.0
import { keyOf } from './cluster-index.ts';
import type { ClusterCompressor } from './compress-cluster.ts';
import type { KnownCluster, KnownClusters } from './known-clusters.ts';
import { readKnown } from './known-clusters.ts';
import type { Cluster } from './read-batches.ts';

/** A cluster in the form it has in an image. */
export type StoredCluster = {
  readonly index: number;
  /** Null when nobody asks for keys. */
  readonly key: Buffer | null;
  readonly data: Buffer;
  readonly isCompressed: boolean;
  /** Of what is copied from an earlier image; null: it is not. See `checkOf`. */
  readonly check: Buffer | null;
};

/** How clusters get their stored form. */
export type Storing = {
  /** Null: they are stored as they are. */
  readonly compressor: ClusterCompressor | null;
  /** Null: no cluster is looked for in earlier images, and none gets a key. */
  readonly known: KnownClusters | null;
};

/**
 * The stored forms of a batch, in order. They depend on each cluster's bytes alone: what is copied from an earlier
 * image is what compressing would have made.
 */
export async function storeBatch(
  clusters: readonly Cluster[],
  { compressor, known }: Storing,
): Promise<readonly StoredCluster[]> {
  if (compressor === null) return clusters.map(asItIs);
  const compressed = storedBy(compressor);
  if (known === null) return Promise.all(clusters.map((cluster) => compressed(cluster, null)));
  const keyed = clusters.map((cluster) => {
    const key = keyOf(cluster.data);
    return { cluster, key, found: known.find(key) };
  });
  const copies = readCopies(keyed.flatMap(({ found }) => found ?? []));
  return Promise.all(
    keyed.map(async ({ cluster, key, found }) => {
      const copy = found === null ? undefined : (await copies).get(found);
      if (found === null || copy === undefined) return compressed(cluster, key);
      return {
        index: cluster.index,
        key,
        data: copy,
        isCompressed: found.entry.isCompressed,
        check: found.entry.check,
      };
    }),
  );
}

const asItIs = ({ index, data }: Cluster): StoredCluster => ({
  index,
  key: null,
  data,
  isCompressed: false,
  check: null,
});

const storedBy =
  ({ compress }: ClusterCompressor) =>
  async (cluster: Cluster, key: Buffer | null): Promise<StoredCluster> => {
    const data = await compress(cluster.data);
    if (data === null) return { ...asItIs(cluster), key };
    return { index: cluster.index, key, data, isCompressed: true, check: null };
  };

/** Those that could be read. */
async function readCopies(wanted: readonly KnownCluster[]): Promise<ReadonlyMap<KnownCluster, Buffer>> {
  const read = await readKnown(wanted);
  const copies = new Map<KnownCluster, Buffer>();
  wanted.forEach((known, place) => {
    const copy = read[place] ?? null;
    if (copy !== null) copies.set(known, copy);
  });
  return copies;
}
