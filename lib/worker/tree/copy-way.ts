// SPDX-License-Identifier: Apache-2.0
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { HostPath } from '../../model/brands.ts';
import { hostPath } from '../../model/brands.ts';
import type { Staging } from '../../store/layers.ts';
import { runTool } from '../context.ts';
import { applyLayer, copyAll, copyChanges, REMOVED } from './copied-layer.ts';
import { layerDigest } from './layer-digest.ts';
import type { TreeContext } from './make-layer.ts';
import { digestOf } from './step-key.ts';
import type { TreeListing } from './tree-listing.ts';
import { changesBetween, changeTimeOf, listTree } from './tree-listing.ts';
import type { TreeWay } from './tree-way.ts';

/**
 * For stores on file systems that cannot hold an overlay's upper directory: a build has one working tree, made of
 * copies of the layers; what a step has changed in it is found by comparing listings, and copied to the layer.
 */
export function copyWay(note: string): TreeWay {
  const working: WorkingTree = { layers: null, listing: null };
  return {
    name: 'copy',
    note,
    mount: async (context, layers, staging) => {
      await bringTo(context, working, layers);
      if (staging !== null) await beginStep(context, working);
      const options = staging === null ? ['-o', 'ro'] : [];
      const argv = ['mount', '--bind', ...options, placeOf(context), context.paths.tree] as const;
      await runTool(context, 'mounting the tree', { argv });
    },
    gather: (context, layers, staging) => gather(context, working, { layers, staging }),
    digest: async (host, { directory, tree }) => {
      const removed = await readFile(join(directory, REMOVED), 'latin1').catch(() => '');
      return digestOf([await layerDigest(host, tree), removed]);
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
};

const placeOf = ({ paths }: TreeContext): HostPath => hostPath(join(paths.work, 'tree'));

/** Layers that are only reused are copied when something needs the tree, or never. */
async function bringTo(context: TreeContext, working: WorkingTree, layers: readonly string[]): Promise<void> {
  const place = placeOf(context);
  const known = working.layers;
  const isOnWay = known !== null && known.every((id, index) => id === layers[index]);
  if (!isOnWay) {
    working.listing = null;
    await rm(place, { recursive: true, force: true });
    await mkdir(place, { mode: 0o755 });
  }
  const missing = isOnWay ? layers.slice(known.length) : layers;
  if (missing.length > 0) working.listing = null;
  working.layers = null;
  for (const id of missing) await applyLayer(context, hostPath(join(context.store.layers, id)), place);
  working.layers = layers;
}

/** From here on the working tree is no longer what it was, until it is adopted. */
async function beginStep(context: TreeContext, working: WorkingTree): Promise<void> {
  working.listing ??= await list(context);
  await untilTimeMovesOn(context, working.listing);
  working.layers = null;
}

const list = (context: TreeContext): Promise<TreeListing> =>
  listTree(context, placeOf(context), hostPath(join(context.paths.work, 'listing')));

const MOST_MILLISECONDS = 3000;

/**
 * File systems tell time in ticks of milliseconds, some of seconds: what changes in the tick of the change before it would
 * look unchanged.
 */
async function untilTimeMovesOn({ paths }: TreeContext, listing: TreeListing): Promise<void> {
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
  context: TreeContext,
  working: WorkingTree,
  { layers, staging }: Step,
): Promise<boolean> {
  const before = working.listing;
  if (before === null) throw new Error('a step is gathered that was not begun');
  const after = await list(context);
  working.listing = after;
  const changes = changesBetween(before, after);
  if (changes.directories.length + changes.files.length + changes.removed.length === 0) return true;
  if (layers.length === 0) await copyAll(context, placeOf(context), staging);
  else await copyChanges(context, placeOf(context), { changes, staging });
  return false;
}
