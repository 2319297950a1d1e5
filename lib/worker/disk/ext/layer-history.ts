// SPDX-License-Identifier: Apache-2.0
import type { Dirent } from 'node:fs';
import { readdirSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { HostPath } from '../../../model/brands.ts';
import { asBytes, pathIn } from './source-tree.ts';

/** The layers that hold a path, counted from the lowest: the first one of them and the last one. */
export type Ages = { readonly born: number; readonly changed: number };

/** Of every path that any layer holds, be it in the tree or not. Paths are strings of a character for each byte. */
export type LayerHistory = ReadonlyMap<string, Ages>;

/**
 * Tells early files from late ones, so that a step that changed moves only what it made itself.
 * @param layers Directories, lowest first. @param inside Where in the tree the file system begins, as in `/srv/data`.
 */
export async function readLayerHistory(layers: readonly HostPath[], inside: string): Promise<LayerHistory> {
  const history = new Map<string, { born: number; changed: number }>();
  const start = asBytes(inside.replace(/\/$/, ''));
  for (const [age, layer] of layers.entries()) {
    const place = asBytes(layer) + start;
    const directories = [''];
    for (let next = directories.pop(); next !== undefined; next = directories.pop()) {
      for (const entry of entriesOf(place, next)) {
        const path = next === '' ? entry.name : `${next}/${entry.name}`;
        const known = history.get(path);
        if (known === undefined) history.set(path, { born: age, changed: age });
        else known.changed = age;
        if (entry.isDirectory()) directories.push(path);
      }
    }
    await nextTurn();
  }
  return history;
}

/** A layer need not have the directory that the file system begins with. */
function entriesOf(place: string, path: string): readonly Dirent[] {
  try {
    return readdirSync(pathIn(place, path), { encoding: 'latin1', withFileTypes: true });
  } catch (error) {
    const isMissing =
      error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
    if (path === '' && isMissing) return [];
    throw error;
  }
}
