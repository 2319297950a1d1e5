// SPDX-License-Identifier: Apache-2.0
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import type { HostPath } from '../../../model/brands.ts';
import type { ClusterIndex, IndexEntry } from './cluster-index.ts';
import { checkOf, readIndex } from './cluster-index.ts';

/** A qcow2 image that this writer made, and the index that it wrote with it. */
export type KnownImage = { readonly image: HostPath; readonly index: HostPath };

/** Where a cluster's stored form can be had. */
export type KnownCluster = { readonly file: FileHandle; readonly entry: IndexEntry };

/** Clusters stored in earlier images. */
export type KnownClusters = {
  /** In the first image that has it. */
  readonly find: (key: Buffer) => KnownCluster | null;
  readonly close: () => Promise<void>;
};

type OpenImage = { readonly file: FileHandle; readonly index: ClusterIndex };

/** Images that are gone, and those whose index does not fit, are as if they had not been named. */
export async function openKnownClusters(
  images: readonly KnownImage[],
  clusterBytes: number,
): Promise<KnownClusters> {
  const opened: OpenImage[] = [];
  for (const image of images) {
    const known = await openImage(image, clusterBytes);
    if (known !== null) opened.push(known);
  }
  return {
    find: (key) => {
      for (const { file, index } of opened) {
        const entry = index.find(key);
        if (entry !== null) return { file, entry };
      }
      return null;
    },
    close: async () => {
      for (const { file } of opened) await file.close();
    },
  };
}

async function openImage({ image, index }: KnownImage, clusterBytes: number): Promise<OpenImage | null> {
  const file = await open(image, 'r').catch(() => null);
  if (file === null) return null;
  const { size } = await file.stat();
  const read = await readIndex(index, { clusterBytes, imageBytes: size });
  if (read !== null) return { file, index: read };
  await file.close();
  return null;
}

/** What lies between two clusters is read along with them when it is at most this much. */
const GAP_BYTES = 64 * 1024;

/**
 * The stored bytes of each, in order; null when they cannot be read or are not those that were stored. Neighbours are
 * read at once.
 */
export async function readKnown(wanted: readonly KnownCluster[]): Promise<readonly (Buffer | null)[]> {
  const runs: KnownCluster[][] = [];
  for (const known of wanted) {
    const run = runs.at(-1);
    const before = run?.at(-1);
    if (run !== undefined && before !== undefined && isBehind(before, known)) run.push(known);
    else runs.push([known]);
  }
  return (await Promise.all(runs.map(readRun))).flat();
}

function isBehind(before: KnownCluster, { file, entry }: KnownCluster): boolean {
  const gap = entry.offset - (before.entry.offset + before.entry.length);
  return before.file === file && gap >= 0 && gap <= GAP_BYTES;
}

async function readRun(run: readonly KnownCluster[]): Promise<readonly (Buffer | null)[]> {
  const [first] = run;
  const last = run.at(-1);
  if (first === undefined || last === undefined) return [];
  const start = first.entry.offset;
  const buffer = Buffer.allocUnsafe(last.entry.offset + last.entry.length - start);
  const bytesRead = await first.file.read(buffer, 0, buffer.length, start).then(
    (result) => result.bytesRead,
    () => 0,
  );
  return run.map(({ entry }) => {
    const from = entry.offset - start;
    const stored = buffer.subarray(from, from + entry.length);
    return from + entry.length <= bytesRead && checkOf(stored).equals(entry.check) ? stored : null;
  });
}
