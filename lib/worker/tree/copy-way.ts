// SPDX-License-Identifier: Apache-2.0
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { HostPath } from '../../model/brands.ts';
import { hostPath } from '../../model/brands.ts';
import type { Staging } from '../../store/layers.ts';
import { runToolQuietly } from '../run-tool-quietly.ts';
import { applyLayer, copyAll, copyChanges, removedBy } from './copied-layer.ts';
import type { AttributeNames } from './directory-archive.ts';
import { archiveDirectories, attributesIn } from './directory-archive.ts';
import { layerDigest } from './layer-digest.ts';
import { digestOf } from './step-key.ts';
import type { TreeChanges, TreeListing } from './tree-listing.ts';
import { changesBetween, changeTimeOf, listTree } from './tree-listing.ts';
import type { TreeWay, WayContext } from './tree-way.ts';

/**
 * For stores on file systems that cannot hold an overlay's upper directory: a build has one working tree, made of
 * copies of the layers; what a step has changed in it is found by comparing listings, and copied to the layer.
 */
export function copyWay(note: string): TreeWay {
  const working: WorkingTree = { layers: null, listing: null, attributes: new Map() };
  return {
    name: 'copy',
    note,
    mount: async (context, layers, staging) => {
      await bringTo(context, working, layers);
      if (staging !== null) await beginStep(context, working);
      const options = staging === null ? ['-o', 'ro'] : [];
      const argv = ['mount', '--bind', ...options, placeOf(context), context.paths.tree] as const;
      await runToolQuietly(context, 'mounting the tree', { argv });
    },
    gather: (context, layers, staging) => gather(context, working, { layers, staging }),
    digest: async (host, { directory, tree }) => {
      return digestOf([await layerDigest(host, tree), ...(await removedBy(directory))]);
    },
    adopt: (layers) => void (working.layers = layers),
  };
}

/** The directory, and what is known of it. */
type WorkingTree = {
  /** What it is made of; null: it is in the making. */
  layers: readonly string[] | null;
  /** As it is now; null: not known. */
  listing: TreeListing | null;
  /** What its directories have. */
  readonly attributes: Map<string, readonly string[]>;
};

const placeOf = ({ paths }: WayContext): HostPath => hostPath(join(paths.work, 'tree'));

/** Layers that are only reused are copied when something needs the tree, or never. */
async function bringTo(context: WayContext, working: WorkingTree, layers: readonly string[]): Promise<void> {
  const place = placeOf(context);
  const known = working.layers;
  const isOnWay = known !== null && known.every((id, index) => id === layers[index]);
  if (!isOnWay) {
    working.listing = null;
    working.attributes.clear();
    await rm(place, { recursive: true, force: true });
    await mkdir(place, { mode: 0o755 });
  }
  const missing = isOnWay ? layers.slice(known.length) : layers;
  if (missing.length > 0) working.listing = null;
  working.layers = null;
  for (const id of missing) {
    const layer = hostPath(join(context.store.layers, id));
    await applyLayer(context, layer, place);
    await noteAttributes(working, layer);
  }
  working.layers = layers;
}

/** From here on the working tree is no longer what it was, until it is adopted. */
async function beginStep(context: WayContext, working: WorkingTree): Promise<void> {
  working.listing ??= await list(context);
  await untilTimeMovesOn(context, working.listing);
  working.layers = null;
}

const list = (context: WayContext): Promise<TreeListing> =>
  listTree(context, placeOf(context), hostPath(join(context.paths.work, 'listing')));

const MOST_MILLISECONDS = 3000;

/**
 * File systems tell time in ticks of milliseconds, some of seconds: what changes in the tick of the change before it would
 * look unchanged.
 */
async function untilTimeMovesOn({ paths }: WayContext, listing: TreeListing): Promise<void> {
  const newest = [...listing.values()].map(toNanoseconds).reduce((a, b) => (a > b ? a : b), 0n);
  const mark = join(paths.work, 'tick');
  const end = Date.now() + MOST_MILLISECONDS;
  do {
    await wait(1);
    await writeFile(mark, '');
  } while ((await stat(mark, { bigint: true })).ctimeNs <= newest && Date.now() < end);
  await rm(mark);
}

function toNanoseconds(listed: string): bigint {
  const [seconds = '0', fraction = ''] = changeTimeOf(listed).split('.');
  return BigInt(seconds) * 1_000_000_000n + BigInt(fraction.slice(0, 9).padEnd(9, '0'));
}

type Step = { readonly layers: readonly string[]; readonly staging: Staging };

async function gather(
  context: WayContext,
  working: WorkingTree,
  { layers, staging }: Step,
): Promise<boolean> {
  const before = working.listing;
  if (before === null) throw new Error('a step is gathered that was not begun');
  const after = await list(context);
  working.listing = after;
  const { changes, archive } = await changesOf(context, working, { before, after, staging });
  if (archive === null) return true;
  await writeFile(join(staging.directory, ATTRIBUTES), JSON.stringify([...(await attributesIn(archive))]));
  const place = placeOf(context);
  if (layers.length === 0) await copyAll(context, place, staging);
  else await copyChanges(context, place, { changes, staging, archive });
  await noteAttributes(working, staging.directory);
  return false;
}

type Compared = {
  readonly before: TreeListing;
  readonly after: TreeListing;
  readonly staging: Staging;
};

/** With an archive of the directories among them; null: there are no changes. */
async function changesOf(
  context: WayContext,
  working: WorkingTree,
  { before, after, staging }: Compared,
): Promise<{ readonly changes: TreeChanges; readonly archive: HostPath | null }> {
  const place = placeOf(context);
  const changes = changesBetween(before, after);
  if (changes.directories.length === 0 && changes.removed.length === 0) return { changes, archive: null };
  const archive = await archiveDirectories(context, place, { paths: changes.directories, staging });
  const anew = poorer(working.attributes, changes.directories, await attributesIn(archive));
  if (anew.size === 0) return { changes, archive };
  const all = changesBetween(before, after, anew);
  const paths = all.directories;
  return { changes: all, archive: await archiveDirectories(context, place, { paths, staging }) };
}

/** Those that have lost an attribute. No program that is sure to be there takes one away: such a directory is made anew. */
function poorer(
  before: AttributeNames,
  directories: readonly string[],
  after: AttributeNames,
): ReadonlySet<string> {
  const lost = (path: string): boolean =>
    before.get(path)?.some((name) => after.get(path)?.includes(name) !== true) === true;
  return new Set(directories.filter((path) => path !== '' && lost(path)));
}

/** Beside a layer's files: its directories that have extended attributes, with their names. */
const ATTRIBUTES = 'attributes.json';

async function noteAttributes({ attributes }: WorkingTree, layer: HostPath): Promise<void> {
  const removed = await removedBy(layer);
  for (const path of attributes.keys()) {
    if (removed.some((gone) => path === gone || path.startsWith(`${gone}/`))) attributes.delete(path);
  }
  const noted = JSON.parse(await readFile(join(layer, ATTRIBUTES), 'utf8')) as readonly [string, string[]][];
  for (const [path, names] of noted) attributes.set(path, names);
}
