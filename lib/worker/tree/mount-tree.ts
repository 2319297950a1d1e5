// SPDX-License-Identifier: Apache-2.0
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostPath } from '../../model/brands.ts';
import { hostPath } from '../../model/brands.ts';
import type { KeptMount, Staging } from '../../store/layers.ts';
import { treeOf } from '../../store/layers.ts';
import type { ApiMounts, TableLine } from './api-mounts.ts';
import { mountAll } from './api-mounts.ts';
import type { WorkerContext } from '../context.ts';
import type { TreeContext } from './tree-context.ts';
import type { Scope } from '../scope.ts';
import { killStrayProcesses } from './stray-processes.ts';
import type { TreeStore } from './tree-store.ts';

/** The tree so far: what is mounted below the next step. */
export type Chain = {
  readonly key: string;
  /** Ids of the layers that hold files, lowest first. */
  readonly layers: readonly string[];
  readonly keptMounts: readonly KeptMount[];
};

export type TreeMount = {
  readonly chain: Chain;
  /** Where changes go; null: the tree is read-only. */
  readonly staging: Staging | null;
  /** Null: only the tree itself, as root.d sees it. */
  readonly api: ApiMounts | null;
};

/** Mounts the tree at `context.paths.tree` until the scope closes. Processes left in it are ended first. */
export async function mountTree(context: TreeContext, wanted: TreeMount, scope: Scope): Promise<void> {
  const { chain, staging, api } = wanted;
  await context.store.way.mount(context, chain.layers, staging);
  scope.defer('the tree', () => unmountTree(context));
  await furnishTree(context, { api, keptMounts: chain.keptMounts });
}

/** Mounts in the tree, for as long as it is mounted itself, what hooks find there. */
export async function furnishTree(
  context: WorkerContext,
  { api, keptMounts }: { readonly api: ApiMounts | null; readonly keptMounts: readonly KeptMount[] },
): Promise<void> {
  const lines = api === null ? [] : [...(await apiLines(context, api))];
  for (const kept of keptMounts) lines.push(await keptLine(context, kept));
  if (lines.length > 0) await mountAll(context, lines);
}

/** What the tree is made of, lowest first. */
export const layerDirectories = (store: TreeStore, chain: Chain): readonly HostPath[] =>
  chain.layers.map((id) => hostPath(join(store.layers, treeOf(id))));

/** One that is bound to a place in the tree, as a line of a file system table. */
const bound = (from: string, to: string, options: string): TableLine => [from, to, 'none', options];

async function apiLines(context: WorkerContext, api: ApiMounts): Promise<readonly TableLine[]> {
  const { tree } = context.paths;
  const pairs = [
    [api.proc, join(tree, 'proc')],
    [api.sys, join(tree, 'sys')],
    [api.dev, join(tree, 'dev')],
    [api.hooks, join(tree, context.plan.execution.hooksInTarget)],
  ] as const;
  for (const [, to] of pairs) await mkdir(to, { recursive: true });
  return pairs.map(([from, to]) => bound(from, to, 'rbind'));
}

async function keptLine({ paths }: WorkerContext, kept: KeptMount): Promise<TableLine> {
  const to = join(paths.tree, kept.target);
  await makePlace(kept.source, to);
  return bound(kept.source, to, kept.isReadOnly ? 'bind,ro' : 'bind');
}

/** A source that is gone was a cache: it is made anew, empty. */
async function makePlace(source: HostPath, to: string): Promise<void> {
  const isFile = await stat(source).then(
    (stats) => !stats.isDirectory(),
    () => false,
  );
  if (isFile) return;
  await mkdir(source, { recursive: true });
  await mkdir(to, { recursive: true });
}

/**
 * Detached whole with one call: mounts that a user namespace was lent cannot be taken off one by one.
 * Nothing runs in the tree any more, so the kernel lets go of it before umount returns.
 */
export async function unmountTree(context: WorkerContext): Promise<void> {
  await endStrayProcesses(context);
  const result = await context.host.run({ argv: ['umount', '--lazy', context.paths.tree] });
  if (result.exitStatus !== 0) throw new Error(result.lastLines.join(' '));
}

/** What hooks left running. */
export async function endStrayProcesses(context: WorkerContext): Promise<void> {
  const killed = await killStrayProcesses(context.companions);
  if (killed.length > 0)
    context.report({ kind: 'note', text: `ended processes left behind: ${killed.join(', ')}` });
}
