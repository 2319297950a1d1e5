// SPDX-License-Identifier: Apache-2.0
import { mkdir, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { HostPath } from '../../model/brands.ts';
import { hostPath } from '../../model/brands.ts';
import type { Scope } from '../scope.ts';
import { withScope } from '../scope.ts';
import { mount } from '../tree/api-mounts.ts';
import type { Growth } from '../tree/growth.ts';
import type { TreeContext } from '../tree/make-layer.ts';
import { furnishTree } from '../tree/mount-tree.ts';
import { overlayOptions } from '../tree/overlay-way.ts';
import { lendResolver } from '../tree/resolver-file.ts';

/** The finished tree once more, as hooks in it see it; what is done to it is lost. */
export async function inScratchTree<T>(
  { context, api }: Growth,
  tree: HostPath,
  use: (context: TreeContext) => Promise<T>,
): Promise<T> {
  const warn = (text: string): void => context.report({ kind: 'warning', text });
  return withScope(warn, async (scope) => {
    const scratch = await mountScratchTree(context, tree, scope);
    const inScratch = { ...context, paths: { ...context.paths, tree: scratch } };
    await furnishTree(inScratch, { api, keptMounts: [] });
    await lendResolver(scratch);
    return use(inScratch);
  });
}

async function mountScratchTree(context: TreeContext, tree: HostPath, scope: Scope): Promise<HostPath> {
  const scoped = { ...context, scope };
  const place = join(context.paths.work, 'scratch');
  await mkdir(place);
  scope.defer(`the directory ${place}`, () => rm(place, { recursive: true, force: true }));
  if (needsMemory(context, tree)) await mount(scoped, ['-t', 'tmpfs', 'scratch', place], place);
  const tops = ['mnt', 'upper', 'work'].map((name) => hostPath(join(place, name)));
  for (const top of tops) await mkdir(top);
  const options = [`lowerdir=${relative(place, tree)}`, 'upperdir=upper', 'workdir=work'];
  const all = [...options, ...overlayOptions(context.store.kind)].join(',');
  const at = join(place, 'mnt');
  await mount(scoped, ['-t', 'overlay', '-o', all, 'scratch', at], at, place);
  return hostPath(at);
}

/** Where the store cannot hold an upper directory, and when it would lie in what it is put upon. */
const needsMemory = ({ store }: TreeContext, tree: HostPath): boolean =>
  store.way.name === 'copy' || tree === '/';
