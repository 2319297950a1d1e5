// SPDX-License-Identifier: Apache-2.0
import { readdir, rm } from 'node:fs/promises';
import type { HostPath } from '../model/brands.ts';
import type { KeptMount, Layer, Staging } from '../store/layers.ts';
import { commitLayer, findLayer, stageLayer } from '../store/layers.ts';
import type { ApiMounts } from './api-mounts.ts';
import type { WorkerContext } from './context.ts';
import { findKeptMounts } from './kept-mounts.ts';
import { layerDigest } from './layer-digest.ts';
import type { Chain } from './mount-tree.ts';
import { mountTree } from './mount-tree.ts';
import { withScope } from './scope.ts';
import { digestOf } from './step-key.ts';
import type { TreeStore } from './tree-store.ts';

export type TreeContext = WorkerContext & { readonly store: TreeStore; readonly newLayers: string[] };

export type LayerWork = {
  readonly title: string;
  /** Found in the store instead of running, when there; null: always run, and keyed by what was made. */
  readonly key: string | null;
  readonly api: ApiMounts | null;
  readonly run: () => Promise<void>;
  /** Called with the tree as it is when \`run\` failed, before it is given back. */
  readonly onFailure?: (error: unknown) => Promise<void>;
};

/** Carries out one step on top of the chain, or finds it done. */
export async function makeLayer(context: TreeContext, chain: Chain, work: LayerWork): Promise<Chain> {
  const found = work.key === null ? null : await find(context, work.key);
  const layer = found ?? (await runInNewLayer(context, chain, work));
  return onTop(chain, layer);
}

/** Whether a step would be answered from the store. */
export async function isStored(context: TreeContext, key: string): Promise<boolean> {
  return (await find(context, key)) !== null;
}

const find = (context: TreeContext, key: string): Promise<Layer | null> =>
  findLayer(context.store, key, context.store);

const onTop = (chain: Chain, { id, entry }: Layer): Chain => ({
  key: entry.key,
  layers: entry.isEmpty ? chain.layers : [...chain.layers, id],
  keptMounts: [...chain.keptMounts, ...entry.keptMounts],
});

async function runInNewLayer(context: TreeContext, chain: Chain, work: LayerWork): Promise<Layer> {
  const staging = await stageLayer(context.paths.work, String(context.newLayers.length));
  const keptMounts = await withScope(warn(context), async (scope) => {
    await mountTree(context, { chain, staging, api: work.api }, scope);
    try {
      await work.run();
    } catch (error) {
      await work.onFailure?.(error);
      throw error;
    }
    return newKeptMounts(context, chain);
  }).catch(async (error: unknown) => {
    await rm(staging.directory, { recursive: true, force: true });
    throw error;
  });
  return keep(context, chain, { work, staging, keptMounts });
}

const warn =
  (context: WorkerContext) =>
  (text: string): void =>
    context.report({ kind: 'warning', text });

async function newKeptMounts(context: TreeContext, chain: Chain): Promise<readonly KeptMount[]> {
  const ownPlaces = ['proc', 'sys', 'dev', context.plan.execution.hooksInTarget.slice(1)];
  return findKeptMounts(context.paths.tree, [...ownPlaces, ...chain.keptMounts.map(({ target }) => target)]);
}

type Made = {
  readonly work: LayerWork;
  readonly staging: Staging;
  readonly keptMounts: readonly KeptMount[];
};

async function keep(context: TreeContext, chain: Chain, { work, staging, keptMounts }: Made): Promise<Layer> {
  const isEmpty = (await readdir(staging.tree)).length === 0;
  const key =
    work.key ??
    digestOf([chain.key, work.title, isEmpty ? 'empty' : await layerDigest(context.host, staging.tree)]);
  const known = await find(context, key);
  if (known !== null) {
    await rm(staging.directory, { recursive: true, force: true });
    return known;
  }
  const entry = {
    key,
    title: work.title,
    madeAt: Date.now(),
    bootId: context.store.bootId,
    isEmpty,
    bytes: isEmpty ? 0 : await allocatedBytes(context, staging.tree),
    keptMounts,
  };
  const layer = await commitLayer(context.store, staging, entry);
  context.newLayers.push(layer.id);
  return layer;
}

async function allocatedBytes({ host }: WorkerContext, directory: HostPath): Promise<number> {
  const result = await host.run({ argv: ['du', '--summarize', '--block-size=1', directory] });
  return Number.parseInt(result.stdout, 10) || 0;
}
