// SPDX-License-Identifier: Apache-2.0
import { chmod, readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { StoreKind } from '../../model/store-paths.ts';
import type { HostPath } from '../../model/brands.ts';
import { hostPath } from '../../model/brands.ts';
import type { Staging } from '../../store/layers.ts';
import { treeOf } from '../../store/layers.ts';
import { runToolQuietly } from '../run-tool-quietly.ts';
import { layerDigest } from './layer-digest.ts';
import { mergedLayers } from './merged-layers.ts';
import type { TreeWay, WayContext } from './tree-way.ts';

/**
 * Options that differ between uid 0 and a user namespace. Whatever the kernel's defaults are, a layer is whole:
 * no directory in it points to another place below, no file is only a change of attributes.
 */
export const overlayOptions = (kind: StoreKind): readonly string[] =>
  kind === 'user' ? ['userxattr'] : ['redirect_dir=off', 'metacopy=off'];

/** Layers are upper directories of an overlay: no file is copied that a step does not change. */
export function overlayWay(kind: StoreKind, emptyLayer: string): TreeWay {
  const merge = mergedLayers();
  const options = overlayOptions(kind);
  return {
    name: 'overlay',
    note: null,
    mount: async (context, layers, staging) => {
      const top = rootOf(context, layers.at(-1) ?? emptyLayer);
      if (staging !== null) await likeRootBelow(top, staging);
      const lowers = [emptyLayer, ...(await merge(context, layers))];
      await mountOverlay(context, { lowers, staging, options });
    },
    gather: (context, layers, { tree }) => leftNoTrace(rootOf(context, layers.at(-1) ?? emptyLayer), tree),
    digest: (host, { tree }) => layerDigest(host, tree),
    adopt: () => undefined,
  };
}

/** The directory that is the tree's root as far as the layers go. */
const rootOf = ({ store }: WayContext, id: string): HostPath => hostPath(join(store.layers, treeOf(id)));

type Overlay = {
  readonly lowers: readonly string[];
  readonly staging: Staging | null;
  readonly options: readonly string[];
};

async function mountOverlay(context: WayContext, { lowers, staging, options }: Overlay): Promise<void> {
  const { store } = context;
  const lower = [...lowers].reverse().map(treeOf).join(':');
  const toUpper = (path: HostPath): string => relative(store.layers, path);
  const upper =
    staging === null
      ? ['ro']
      : [`upperdir=${toUpper(staging.tree)}`, `workdir=${toUpper(staging.overlayWork)}`, 'volatile'];
  const all = [`lowerdir=${lower}`, ...upper, ...options].join(',');
  const argv = ['mount', '-t', 'overlay', '-o', all, 'tree', context.paths.tree] as const;
  await runToolQuietly(context, 'mounting the tree', { argv, cwd: store.layers });
}

/** An overlay shows the root of its upper directory: give it the mode of the layer below. */
async function likeRootBelow(below: HostPath, { tree }: Staging): Promise<void> {
  const { mode } = await stat(below);
  await chmod(tree, mode & 0o7777);
}

async function leftNoTrace(below: HostPath, tree: HostPath): Promise<boolean> {
  if ((await readdir(tree)).length > 0) return false;
  return (await stat(tree)).mode === (await stat(below)).mode;
}
