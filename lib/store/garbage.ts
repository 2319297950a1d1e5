// SPDX-License-Identifier: Apache-2.0
import { readdir, readlink, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Store } from '../model/store-paths.ts';
import type { StoredArtifact } from './artifacts.ts';
import { listArtifacts } from './artifacts.ts';
import { EMPTY_LAYER, readEntry } from './layers.ts';

/** A layer, or an artifact that was made of layers, as the collector sees it. */
export type StoredLayer = {
  readonly kind: 'layer' | 'artifact';
  readonly id: string;
  readonly title: string;
  readonly bytes: number;
  /** Milliseconds since the epoch. */
  readonly madeAt: number;
  readonly usedAt: number;
  /** Null: a newer layer answers its key, or none ever did. */
  readonly key: string | null;
  /** The layer it was made on, or of: without that one it is of no use. */
  readonly below: string | null;
};

/** Every layer and artifact of a store, what was used longest ago first. A store that does not exist has none. */
export async function listStored(store: Store): Promise<readonly StoredLayer[]> {
  const [layers, artifacts] = await Promise.all([listLayers(store), listArtifacts(store)]);
  return orderByUse([...layers, ...artifacts.map(asStored)]);
}

const asStored = ({ key, entry, usedAt }: StoredArtifact): StoredLayer => {
  const { title, bytes, madeAt, below } = entry;
  return { kind: 'artifact', id: key, title, bytes, madeAt, usedAt, key, below };
};

/** Every layer of a store, the one used longest ago first. */
export async function listLayers(store: Store): Promise<readonly StoredLayer[]> {
  const keys = await keysByLayer(store);
  const names = await readdir(store.layers).catch(() => []);
  const ids = names.filter((name) => name !== EMPTY_LAYER);
  const layers = await Promise.all(ids.map((id) => readStoredLayer(store, id, keys.get(id) ?? null)));
  return orderByUse(layers);
}

/**
 * Those used longest ago first, and each after all that were made on it: a layer is in use as long as one of those is.
 */
export function orderByUse(layers: readonly StoredLayer[]): readonly StoredLayer[] {
  const depths = depthsOf(layers);
  const depth = ({ id }: StoredLayer): number => depths.get(id) ?? 0;
  const usedAt = new Map(layers.map((layer) => [layer.id, layer.usedAt]));
  for (const { id, below } of [...layers].sort((a, b) => depth(b) - depth(a))) {
    const ofBelow = below === null ? undefined : usedAt.get(below);
    if (below !== null && ofBelow !== undefined) usedAt.set(below, Math.max(ofBelow, usedAt.get(id) ?? 0));
  }
  return layers
    .map((layer) => ({ ...layer, usedAt: usedAt.get(layer.id) ?? layer.usedAt }))
    .sort((a, b) => a.usedAt - b.usedAt || depth(b) - depth(a));
}

/** On how many stored layers each one stands, by id. Chains may be a thousand layers long: each is walked once. */
function depthsOf(layers: readonly StoredLayer[]): ReadonlyMap<string, number> {
  const byId = new Map(layers.map((layer) => [layer.id, layer]));
  const depths = new Map<string, number>();
  for (const layer of layers) {
    const chain: string[] = [];
    let next: StoredLayer | undefined = layer;
    for (; next !== undefined && !depths.has(next.id); next = belowOf(next, byId)) chain.push(next.id);
    const standsOn = next === undefined ? -1 : (depths.get(next.id) ?? -1);
    chain.reverse().forEach((id, index) => depths.set(id, standsOn + 1 + index));
  }
  return depths;
}

const belowOf = ({ below }: StoredLayer, byId: ReadonlyMap<string, StoredLayer>): StoredLayer | undefined =>
  below === null ? undefined : byId.get(below);

/** What may stay: so many bytes of what was used since a moment, milliseconds since the epoch. */
export type KeepingTerms = { readonly limitBytes: number; readonly usedSince: number };

/**
 * What must go so that the rest fits: first what nothing leads to, then what was used longest ago.
 * @param layers As `listLayers` orders them.
 */
export function chooseGarbage(
  layers: readonly StoredLayer[],
  { limitBytes, usedSince }: KeepingTerms,
): readonly StoredLayer[] {
  const chosen: StoredLayer[] = [];
  let kept = totalBytes(layers);
  const useful = usefulAmong(layers);
  const candidates = [
    ...layers.filter((layer) => !useful.has(layer)),
    ...layers.filter((layer) => useful.has(layer)),
  ];
  for (const layer of candidates) {
    if (kept <= limitBytes && layer.usedAt >= usedSince && useful.has(layer)) break;
    chosen.push(layer);
    kept -= layer.bytes;
  }
  return chosen;
}

/** Those that a key leads to, on layers of which the same is true. */
function usefulAmong(layers: readonly StoredLayer[]): ReadonlySet<StoredLayer> {
  const depths = depthsOf(layers);
  const useful = new Map<string, StoredLayer>();
  for (const layer of [...layers].sort((a, b) => (depths.get(a.id) ?? 0) - (depths.get(b.id) ?? 0))) {
    const { id, key, below } = layer;
    if (key !== null && (below === null || useful.has(below))) useful.set(id, layer);
  }
  return new Set(useful.values());
}

export const totalBytes = (layers: readonly StoredLayer[]): number =>
  layers.reduce((sum, { bytes }) => sum + bytes, 0);

/**
 * Removes layers and artifacts. The caller holds the store's lock exclusively: no build is running.
 * A crash leaves at most a directory without a key, which the next collection removes.
 */
export async function removeLayers(store: Store, layers: readonly StoredLayer[]): Promise<void> {
  for (const { kind, id, key } of layers) {
    if (kind === 'layer' && key !== null) await rm(join(store.keys, key), { force: true });
    const place = kind === 'layer' ? store.layers : store.artifacts;
    const doomed = join(place, `.${id}.removed`);
    await rename(join(place, id), doomed);
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
  if (entry === null) {
    return { kind: 'layer', id, title: 'unreadable', bytes: 0, madeAt: 0, usedAt: 0, key: null, below: null };
  }
  const { title, bytes, madeAt, below } = entry;
  const { mtimeMs: usedAt } = await stat(join(store.layers, id, 'entry.json'));
  return { kind: 'layer', id, title, bytes, madeAt, usedAt, key, below };
}
