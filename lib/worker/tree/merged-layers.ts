// SPDX-License-Identifier: Apache-2.0
import type { Bytes } from '../../model/brands.ts';
import { bytes, MiB } from '../../model/brands.ts';
import { readEntry } from '../../store/layers.ts';
import { mergeLayers } from './merge-layers.ts';
import { digestOf } from './step-key.ts';
import type { WayContext } from './tree-way.ts';

/** A round of merging, tried while more layers than that are left. */
type Round = {
  readonly mostLayers: number;
  /** Larger layers stay as they are: merging copies. */
  readonly mostBytes: number;
};

/**
 * Up to 64 lower directories cost next to nothing; a first look at 16,000 files takes twice as long with 120, five times
 * as long with 250. Their names share a page with the other options: that holds about 270.
 */
const rounds: readonly Round[] = [
  { mostLayers: 64, mostBytes: 4 * MiB },
  { mostLayers: 240, mostBytes: 64 * MiB },
  { mostLayers: 240, mostBytes: Infinity },
  { mostLayers: 240, mostBytes: Infinity },
];

/** Neighbours that become one: by position, so that builds that differ in a late hook find the same ones. */
const TOGETHER = 16;

/** @returns what gives, for the layers of a chain, the fewer that are mounted in their place, lowest first. */
export function mergedLayers(): (
  context: WayContext,
  layers: readonly string[],
) => Promise<readonly string[]> {
  const known: Known = { merged: new Map(), sizes: new Map() };
  return async (context, layers) => {
    let lowers = layers;
    for (const round of rounds) {
      if (lowers.length <= round.mostLayers) break;
      lowers = await mergeRuns(context, lowers, { known, ...round });
    }
    return lowers;
  };
}

/** Every mount of a build asks for the same ones. */
type Known = {
  readonly merged: Map<string, readonly string[]>;
  readonly sizes: Map<string, Bytes>;
};

async function mergeRuns(
  context: WayContext,
  layers: readonly string[],
  { known, mostBytes }: { readonly known: Known; readonly mostBytes: number },
): Promise<readonly string[]> {
  const sizes = await Promise.all(layers.map((id) => sizeOf(context, id, known)));
  const runs = runsOf(
    layers.map((id, index) => ({ id, bytes: sizes[index] ?? bytes(0) })),
    mostBytes,
  );
  const merged: string[] = [];
  for (const run of runs) merged.push(...(run.length === 1 ? run : await mergeRun(context, run, known)));
  return merged;
}

/** What is to be merged, as lists of more than one id: neighbours within a group that is full, none of them large. */
export function runsOf(
  layers: readonly { readonly id: string; readonly bytes: Bytes }[],
  mostBytes: number,
): readonly (readonly string[])[] {
  const isFull = (position: number): boolean => position - (position % TOGETHER) + TOGETHER <= layers.length;
  const runs: string[][] = [];
  let isOpen = false;
  layers.forEach((layer, position) => {
    const isSmall = isFull(position) && layer.bytes <= mostBytes;
    if (isOpen && isSmall && position % TOGETHER !== 0) runs.at(-1)?.push(layer.id);
    else runs.push([layer.id]);
    isOpen = isSmall;
  });
  return runs;
}

async function sizeOf({ store }: WayContext, id: string, { sizes }: Known): Promise<Bytes> {
  const size = sizes.get(id) ?? bytes((await readEntry(store, id))?.bytes ?? 0);
  sizes.set(id, size);
  return size;
}

/** The run itself when its layers cannot be merged. */
async function mergeRun(
  context: WayContext,
  run: readonly string[],
  { merged }: Known,
): Promise<readonly string[]> {
  const key = digestOf(['merged', ...run]);
  const ids = merged.get(key) ?? (await mergeLayers(context, key, run));
  merged.set(key, ids);
  return ids;
}
