// SPDX-License-Identifier: Apache-2.0
import { rm } from 'node:fs/promises';
import type { Absence, KeptMount, Layer, LayerTerms, Staging } from '../../store/layers.ts';
import { recordFiles } from '../../store/layer-files.ts';
import { commitLayer, isDurable, lookUpLayer, stageLayer } from '../../store/layers.ts';
import type { ApiMounts } from './api-mounts.ts';
import type { WorkerContext } from '../context.ts';
import { blameFullDisk } from '../full-disk.ts';
import { findKeptMounts } from './kept-mounts.ts';
import type { Chain } from './mount-tree.ts';
import { mountTree } from './mount-tree.ts';
import { withScope } from '../scope.ts';
import { keyOf } from './step-key.ts';
import type { TreeContext } from './tree-context.ts';

export type LayerWork = {
  readonly title: string;
  /** What the layer will be found by; null: it is found by what was made. */
  readonly key: string | null;
  readonly api: ApiMounts | null;
  readonly run: () => Promise<void>;
  /** Called with the tree as it is when `run` failed, before it is given back. */
  readonly onFailure?: (error: unknown) => Promise<void>;
};

/** The chain with the layer that answers the key on top; null when none is stored. */
export async function reuseLayer(context: TreeContext, chain: Chain, key: string): Promise<Chain | null> {
  const found = await find(context, chain, key);
  const isFound = typeof found !== 'string';
  context.record.answer(key, isFound ? { kind: 'reused', id: found.id } : { kind: 'made', because: found });
  if (found === 'too-old') context.report({ kind: 'circumstance', what: 'layer-too-old' });
  return isFound ? onTop(chain, found) : null;
}

/** Carries out one step on top of the chain. Without a key and without a trace it leaves the chain as it was. */
export async function makeLayer(context: TreeContext, chain: Chain, work: LayerWork): Promise<Chain> {
  const staging = await stageLayer(context.paths.work, String(context.unflushed.size));
  try {
    const keptMounts = await runInTree(context, chain, { work, staging });
    return await keep(context, chain, { work, staging, keptMounts });
  } catch (error) {
    const { cacheDirectory } = context.plan.execution.store;
    throw await blameFullDisk(
      error,
      [cacheDirectory, context.paths.image],
      `making the layer of ${work.title}`,
    );
  } finally {
    await rm(staging.directory, { recursive: true, force: true });
  }
}

async function find(context: TreeContext, chain: Chain, key: string): Promise<Layer | Absence> {
  const layer = await lookUpLayer(context.store, key, termsOn(context, chain));
  if (typeof layer === 'string') return layer;
  // Made by a build that failed or was killed before it flushed.
  if (!(await isDurable(context.store, layer.id))) context.unflushed.add(layer.id);
  return layer;
}

const termsOn = ({ store }: TreeContext, chain: Chain): LayerTerms => ({ ...store, below: topOf(chain) });

const topOf = ({ layers }: Chain): string | null => layers.at(-1) ?? null;

const onTop = (chain: Chain, { id, entry }: Layer): Chain => ({
  key: entry.key,
  layers: entry.isEmpty ? chain.layers : [...chain.layers, id],
  keptMounts: [...chain.keptMounts, ...entry.keptMounts],
});

type Staged = { readonly work: LayerWork; readonly staging: Staging };

function runInTree(
  context: TreeContext,
  chain: Chain,
  { work, staging }: Staged,
): Promise<readonly KeptMount[]> {
  const warn = (text: string): void => context.report({ kind: 'warning', text });
  return withScope(warn, async (scope) => {
    await mountTree(context, { chain, staging, api: work.api }, scope);
    try {
      await work.run();
    } catch (error) {
      await work.onFailure?.(error);
      throw error;
    }
    return newKeptMounts(context, chain, work.title);
  });
}

async function newKeptMounts(
  context: TreeContext,
  chain: Chain,
  title: string,
): Promise<readonly KeptMount[]> {
  const ownPlaces = ['proc', 'sys', 'dev', context.plan.execution.hooksInTarget.slice(1)];
  const known = [...ownPlaces, ...chain.keptMounts.map(({ target }) => target)];
  const { kept, lost } = await findKeptMounts(context.paths.tree, known);
  for (const place of lost) {
    const text = `what ${title} mounted at /${place} goes with it: only directories of the host are kept for later hooks`;
    context.report({ kind: 'warning', text });
  }
  return kept;
}

type Made = Staged & { readonly keptMounts: readonly KeptMount[] };

async function keep(context: TreeContext, chain: Chain, { work, staging, keptMounts }: Made): Promise<Chain> {
  const { way } = context.store;
  const isEmpty = await way.gather(context, chain.layers, staging);
  if (work.key === null && isEmpty && keptMounts.length === 0) {
    way.adopt(chain.layers);
    return chain;
  }
  const key = work.key !== null && canBeRepeated(context, keptMounts) ? work.key : null;
  const bytes = await recordFiles(context.host, staging.directory);
  const entry = {
    key: key ?? (await contentKey(context, chain, { work, staging, isEmpty })),
    below: topOf(chain),
    title: work.title,
    madeAt: Date.now(),
    bootId: context.store.bootId,
    isEmpty,
    bytes: isEmpty ? 0 : bytes,
    keptMounts,
  };
  const known = await find(context, chain, entry.key);
  const isKnown = typeof known !== 'string';
  const layer = isKnown ? known : await commitLayer(context.store, staging, entry, termsOn(context, chain));
  if (!isKnown) context.unflushed.add(layer.id);
  // The files may be another build's, the mounts are our own: theirs may be from a directory that went with it.
  const made = onTop(chain, { id: layer.id, entry: { ...layer.entry, keptMounts } });
  if (key === null || layer.entry === entry) way.adopt(made.layers);
  return made;
}

/** A later build has no directory of this one to bind into its tree: there the step must run again. */
const canBeRepeated = ({ paths }: WorkerContext, keptMounts: readonly KeptMount[]): boolean =>
  keptMounts.every(({ source }) =>
    [paths.work, paths.image].every((own) => source !== own && !source.startsWith(`${own}/`)),
  );

async function contentKey(
  { host, store, record }: TreeContext,
  chain: Chain,
  { work: { title }, staging, isEmpty }: Staged & { readonly isEmpty: boolean },
): Promise<string> {
  const content = isEmpty ? 'empty' : await store.way.digest(host, staging);
  const parts = { previous: chain.key, title, 'what it leaves in the tree': content };
  const key = keyOf(parts);
  record.key({ title, key, parts });
  return key;
}
