// SPDX-License-Identifier: Apache-2.0
import type { Dirent } from 'node:fs';
import { lstat, readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostPath } from '../../model/brands.ts';
import type { Staging } from '../../store/layers.ts';
import { treeOf } from '../../store/layers.ts';
import { runTool } from '../context.ts';
import { paxMembers } from './pax-attributes.ts';
import type { WayContext } from './tree-way.ts';

const doing = 'merging layers';

/**
 * Puts layers one over the other in `staging.tree`, lowest first, as overlayfs would show them, and keeps for what is
 * below all of them what hides it: whiteouts and opaque directories.
 * @returns false when that cannot be told of one of their directories; the staged layer is of no use then.
 */
export async function mergeInto(
  context: WayContext,
  run: readonly string[],
  staging: Staging,
): Promise<boolean> {
  const opaque = await opaqueDirectories(context, run, staging);
  if (opaque === null) return false;
  const { layers } = context.store;
  for (const layer of run.map(treeOf)) {
    if (!(await makeRoom({ layers, layer, merged: staging.tree, opaque }, ''))) return false;
    const argv = [...copying, join(layers, layer), staging.tree] as const;
    await runTool(context, doing, { argv });
  }
  return true;
}

const copying = [
  'cp',
  '--archive',
  '--reflink=auto',
  '--remove-destination',
  '--no-target-directory',
] as const;

/** Paths below the layers' directory; null when overlayfs has noted of a directory more than can be heeded here. */
async function opaqueDirectories(
  context: WayContext,
  run: readonly string[],
  { overlayWork }: Staging,
): Promise<ReadonlySet<string> | null> {
  const cwd = context.store.layers;
  const list = join(overlayWork, 'directories');
  const archive = join(overlayWork, 'directories.tar');
  const finding = ['find', ...run.map(treeOf), '-type', 'd', '-fprint0', list] as const;
  await runTool(context, doing, { argv: finding, cwd });
  const reading = ['tar', '--create', '--format=posix', '--xattrs', '--xattrs-include=*.overlay.*'] as const;
  const which = ['--no-recursion', '--null', `--files-from=${list}`, `--file=${archive}`];
  await runTool(context, doing, { argv: [...reading, ...which], cwd });
  const members = paxMembers(await readFile(archive));
  const said = members.map(({ path, attributes }) => ({ path, ...noted(attributes) }));
  if (said.some(({ isStrange }) => isStrange)) return null;
  return new Set(said.filter(({ isOpaque }) => isOpaque).map(({ path }) => path));
}

function noted(attributes: ReadonlyMap<string, string>): {
  readonly isOpaque: boolean;
  readonly isStrange: boolean;
} {
  const valueOf = (name: string): string | undefined =>
    attributes.get(`trusted.overlay.${name}`) ?? attributes.get(`user.overlay.${name}`);
  const opaque = valueOf('opaque');
  return {
    isOpaque: opaque === 'y',
    isStrange: (opaque !== undefined && opaque !== 'y') || valueOf('redirect') !== undefined,
  };
}

type Merging = {
  readonly layers: HostPath;
  /** The files of one of them. */
  readonly layer: string;
  readonly merged: HostPath;
  readonly opaque: ReadonlySet<string>;
};

/** Removes what the layer hides or replaces. @param directory Empty, or ended by a slash; bytes are characters. */
async function makeRoom(merging: Merging, directory: string): Promise<boolean> {
  const { layers, layer, merged, opaque } = merging;
  const from = bytePath(layers, `${layer}/${directory}`);
  const entries = await readdir(from, { withFileTypes: true, encoding: 'buffer' });
  for (const entry of entries as unknown as readonly Dirent<Buffer>[]) {
    const path = `${directory}${entry.name.toString('latin1')}`;
    const place = bytePath(merged, path);
    const there = await lstat(place).catch(() => null);
    if (there === null) continue;
    const isOpaque = opaque.has(`${layer}/${path}`);
    if (entry.isDirectory() && !there.isDirectory() && !isOpaque) return false;
    const meets = entry.isDirectory() && there.isDirectory() && !isOpaque;
    if (meets && !(await makeRoom(merging, `${path}/`))) return false;
    if (!meets) await rm(place, { recursive: true });
  }
  return true;
}

const bytePath = (root: HostPath, path: string): Buffer =>
  Buffer.concat([Buffer.from(`${root}/`), Buffer.from(path, 'latin1')]);
