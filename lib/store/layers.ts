// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { lstat, mkdir, readFile, readlink, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { HostPath } from '../model/brands.ts';
import { hostPath } from '../model/brands.ts';
import type { Store } from '../model/store-paths.ts';

/** What one step added to the tree: the upper directory of an overlay, kept. */
export type Layer = {
  /** Short, because overlayfs takes the names of all lower directories in one page. */
  readonly id: string;
  readonly entry: LayerEntry;
};

export type LayerEntry = {
  readonly key: string;
  /**
   * The layer it was made on; null: none. A step that is run again may make something else under the same key, as
   * package repositories move on, and what was made on top of the old one does not fit the new one.
   */
  readonly below: string | null;
  readonly title: string;
  /** Milliseconds since the epoch. */
  readonly madeAt: number;
  /** The kernel's boot id when it was made: until it is durable, a layer is only trusted in that boot. */
  readonly bootId: string;
  /** An empty layer is remembered but never mounted. */
  readonly isEmpty: boolean;
  /** What its files take on disk. */
  readonly bytes: number;
  /** Bind mounts that the step left in the tree, for the steps after it. */
  readonly keptMounts: readonly KeptMount[];
};

export type KeptMount = {
  /** Relative to the tree's root. */
  readonly target: string;
  readonly source: HostPath;
  readonly isReadOnly: boolean;
};

/** A layer being made: `tree` is the overlay's upper directory. */
export type Staging = {
  readonly directory: HostPath;
  readonly tree: HostPath;
  readonly overlayWork: HostPath;
};

export const treeOf = (id: string): string => `${id}/t`;

/** What a stored layer has to be, to be trusted. */
export type LayerTerms = {
  readonly bootId: string;
  /** Milliseconds since the epoch; 0: however old it is, Infinity: none is wanted. */
  readonly madeAfter: number;
  readonly below: string | null;
};

/**
 * Why no layer answers a key: none is stored, none is wanted, it is damaged, was made on another layer than is there now, is
 * too old, comes from the future (its age is unknown where it matters), or was never flushed before the machine restarted.
 */
export type Absence =
  'none' | 'unwanted' | 'damaged' | 'on-another' | 'too-old' | 'from-the-future' | 'unflushed';

/** The layer that answers a key, or null: none is stored, or it cannot be trusted. Marks it as used now. */
export async function findLayer(store: Store, key: string, terms: LayerTerms): Promise<Layer | null> {
  const found = await lookUpLayer(store, key, terms);
  return typeof found === 'string' ? null : found;
}

/** As findLayer, and why there is none. */
export async function lookUpLayer(store: Store, key: string, terms: LayerTerms): Promise<Layer | Absence> {
  if (terms.madeAfter === Infinity) return 'unwanted';
  const target = await readlink(join(store.keys, key)).catch(() => null);
  if (target === null) return 'none';
  const id = basename(target);
  const entry = await readEntry(store, id);
  if (entry === null) return 'damaged';
  const why = await whyNot(store, { id, entry }, { ...terms, key });
  if (why !== null) return why;
  const now = new Date();
  await utimes(join(store.layers, id, 'entry.json'), now, now);
  return { id, entry };
}

async function whyNot(
  store: Store,
  { id, entry }: Layer,
  { key, below, madeAfter, bootId }: LayerTerms & { readonly key: string },
): Promise<Absence | null> {
  if (entry.key !== key || !(await hasTree(store, id))) return 'damaged';
  if (entry.below !== below) return 'on-another';
  if (entry.madeAt < madeAfter) return 'too-old';
  if (madeAfter > 0 && entry.madeAt > Date.now() + CLOCKS_APART_MILLISECONDS) return 'from-the-future';
  return entry.bootId === bootId || (await isDurable(store, id)) ? null : 'unflushed';
}

/** As far as two machines that share a store may be, and a clock be set right. */
const CLOCKS_APART_MILLISECONDS = 60_000;

const hasTree = (store: Store, id: string): Promise<boolean> =>
  lstat(join(store.layers, treeOf(id))).then(
    (status) => status.isDirectory(),
    () => false,
  );

export async function stageLayer(work: HostPath, name: string): Promise<Staging> {
  const directory = join(work, 'staging', name);
  const tree = join(directory, 't');
  const overlayWork = join(directory, 'w');
  await mkdir(tree, { recursive: true });
  await mkdir(overlayWork);
  return { directory: hostPath(directory), tree: hostPath(tree), overlayWork: hostPath(overlayWork) };
}

/**
 * Makes a staged layer the answer to its key. It appears whole, by rename; a crash leaves the old answer or none.
 * The staging directory must be on the store's file system.
 * @returns the layer, or that of another build which was quicker: were both used, the next build could use neither's.
 */
export async function commitLayer(
  store: Store,
  staging: Staging,
  entry: LayerEntry,
  terms: LayerTerms,
): Promise<Layer> {
  const id = newLayerId();
  await rm(staging.overlayWork, { recursive: true, force: true });
  await writeFile(join(staging.directory, 'entry.json'), `${JSON.stringify(entry)}\n`);
  await rename(staging.directory, join(store.layers, id));
  if (await isFirstAt(store, entry.key, id)) return { id, entry };
  const quicker = await findLayer(store, entry.key, terms);
  if (quicker === null) await pointKeyAt(store, entry.key, id);
  return quicker ?? { id, entry };
}

/** After the file system was flushed: the layers may be trusted in later boots too. */
export async function markDurable(store: Store, ids: readonly string[]): Promise<void> {
  for (const id of ids) await writeFile(durableMark(store, id), '');
}

/** The lowest lower directory of every tree, always empty. @returns its id. */
export async function ensureEmptyLayer(store: Store): Promise<string> {
  await mkdir(join(store.layers, EMPTY_LAYER, 't'), { recursive: true, mode: 0o755 });
  return EMPTY_LAYER;
}

export const EMPTY_LAYER = '0';

const newLayerId = (): string => randomBytes(8).toString('base64url').replaceAll('-', '.');

const durableMark = (store: Store, id: string): string => join(store.layers, id, 'durable');

/** Whether the layer is known to have been flushed. */
export const isDurable = (store: Store, id: string): Promise<boolean> =>
  readFile(durableMark(store, id)).then(
    () => true,
    () => false,
  );

/** Null when there is none, or a power cut left it cut short. */
export async function readEntry(store: Pick<Store, 'layers'>, id: string): Promise<LayerEntry | null> {
  try {
    return JSON.parse(await readFile(join(store.layers, id, 'entry.json'), 'utf8')) as LayerEntry;
  } catch {
    return null;
  }
}

/** Lets the key lead to the layer when it leads nowhere yet. */
const isFirstAt = (store: Store, key: string, id: string): Promise<boolean> =>
  symlink(join('..', 'layers', id), join(store.keys, key)).then(
    () => true,
    () => false,
  );

async function pointKeyAt(store: Store, key: string, id: string): Promise<void> {
  const temporary = join(store.keys, `.${id}`);
  await symlink(join('..', 'layers', id), temporary);
  await rename(temporary, join(store.keys, key));
}
