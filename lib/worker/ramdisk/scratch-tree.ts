// SPDX-License-Identifier: Apache-2.0
import { mkdir, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { HostPath } from '../../model/brands.ts';
import { hostPath } from '../../model/brands.ts';
import type { Scope } from '../scope.ts';
import { withScope } from '../scope.ts';
import { mount } from '../tree/api-mounts.ts';
import type { Growth } from '../tree/growth.ts';
import type { TreeContext } from '../tree/tree-context.ts';
import { furnishTree } from '../tree/mount-tree.ts';
import { overlayOptions } from '../tree/overlay-way.ts';
import { lendResolver } from '../tree/resolver-file.ts';
import type { MachinePlaces } from './mount-machine.ts';
import { mountMachine } from './mount-machine.ts';

/** The finished tree once more, or this machine, as hooks in it see it; what is done to it is lost. */
export async function inScratchTree<T>(
  { context, api }: Growth,
  tree: HostPath,
  use: (context: TreeContext) => Promise<T>,
): Promise<T> {
  const warn = (text: string): void => context.report({ kind: 'warning', text });
  return withScope(warn, async (scope) => {
    const isMachine = tree === '/';
    const scratch = await mountScratchTree(context, isMachine ? null : tree, scope);
    const inScratch = { ...context, paths: { ...context.paths, tree: scratch } };
    await furnishTree(inScratch, { api, keptMounts: [] });
    if (!isMachine) await lendResolver(scratch);
    return use(inScratch);
  });
}

/** @param tree Null: this machine. */
async function mountScratchTree(
  context: TreeContext,
  tree: HostPath | null,
  scope: Scope,
): Promise<HostPath> {
  const scoped = { ...context, scope };
  const place = join(context.paths.work, 'scratch');
  await mkdir(place);
  scope.defer(`the directory ${place}`, () => rm(place, { recursive: true, force: true }));
  // Where the store cannot hold an upper directory, and when it would lie in what it is put upon.
  const needsMemory = context.store.way.name === 'copy' || tree === null;
  if (needsMemory) await mount(scoped, ['-t', 'tmpfs', '-o', 'mode=755', 'scratch', place], place);
  const at = hostPath(join(place, 'mnt'));
  const uppers = hostPath(join(place, 'uppers'));
  for (const top of [at, uppers]) await mkdir(top);
  if (tree === null) await mountMachine(context, { at, uppers });
  else await mountCopy(scoped, tree, { at, uppers });
  return at;
}

async function mountCopy(
  context: TreeContext & { readonly scope: Scope },
  tree: HostPath,
  { at, uppers }: MachinePlaces,
): Promise<void> {
  for (const name of ['upper', 'work']) await mkdir(join(uppers, name));
  const options = [`lowerdir=${relative(uppers, tree)}`, 'upperdir=upper', 'workdir=work'];
  const all = [...options, ...overlayOptions(context.store.kind)].join(',');
  await mount(context, ['-t', 'overlay', '-o', all, 'scratch', at], at, uppers);
}
