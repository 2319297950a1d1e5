// SPDX-License-Identifier: Apache-2.0
import { readdir, readlink, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Store } from '../model/store-paths.ts';
import { EMPTY_LAYER, readEntry } from './layers.ts';

/** A layer as the collector sees it. */
export type StoredLayer = {
  readonly id: string;
  readonly title: string;
  readonly bytes: number;
  /** Milliseconds since the epoch. */
  readonly madeAt: number;
  readonly usedAt: number;
  /** Null: a newer layer answers its key, or none ever did. */
  readonly key: string | null;
};

/** Every layer of a store, the one used longest ago first. A store that does not exist has none. */
export async function listLayers(store: Store): Promise<readonly StoredLayer[]> {
  const keys = await keysByLayer(store);
  const names = await readdir(store.layers).catch(() => []);
  const ids = names.filter((name) => name !== EMPTY_LAYER);
  const layers = await Promise.all(ids.map((id) => readStoredLayer(store, id, keys.get(id) ?? null)));
  return [...layers].sort((a, b) => a.usedAt - b.usedAt);
}

/**
 * What must go so that the rest fits: first what no key leads to, then what was used longest ago.
 * @param layers As `listLayers` orders them.
 */
export function chooseGarbage(layers: readonly StoredLayer[], limitBytes: number): readonly StoredLayer[] {
  const chosen: StoredLayer[] = [];
  let kept = totalBytes(layers);
  const candidates = [
    ...layers.filter(({ key }) => key === null),
    ...layers.filter(({ key }) => key !== null),
  ];
  for (const layer of candidates) {
    if (kept <= limitBytes && layer.key !== null) break;
    chosen.push(layer);
    kept -= layer.bytes;
  }
  return chosen;
}

export const totalBytes = (layers: readonly StoredLayer[]): number =>
  layers.reduce((sum, { bytes }) => sum + bytes, 0);

/**
 * Removes layers. The caller holds the store's lock exclusively: no build is running.
 * A crash leaves at most a directory without a key, which the next collection removes.
 */
export async function removeLayers(store: Store, layers: readonly StoredLayer[]): Promise<void> {
  for (const { id, key } of layers) {
    if (key !== null) await rm(join(store.keys, key), { force: true });
    const doomed = join(store.layers, `.${id}.removed`);
    await rename(join(store.layers, id), doomed);
    await rm(doomed, { recursive: true, force: true });
  }
}

async function keysByLayer(store: Store): Promise<ReadonlyMap<string, string>> {
  const keys = await readdir(store.keys).catch(() => []);
  const pairs = await Promise.all(
    keys.map(async (key) => [basename(await readlink(join(store.keys, key)).catch(() => '')), key] as const),
  );
  return new Map(pairs);
}

/** One that cannot be read is of no use to any key. */
async function readStoredLayer(store: Store, id: string, key: string | null): Promise<StoredLayer> {
  const entry = await readEntry(store, id);
  if (entry === null) return { id, title: 'unreadable', bytes: 0, madeAt: 0, usedAt: 0, key: null };
  const { title, bytes, madeAt } = entry;
  return {
    id,
    title,
    bytes,
    madeAt,
    usedAt: (await stat(join(store.layers, id, 'entry.json'))).mtimeMs,
    key,
  };
}
