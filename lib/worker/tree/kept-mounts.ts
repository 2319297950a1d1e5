// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostPath } from '../../model/brands.ts';
import { hostPath } from '../../model/brands.ts';
import type { KeptMount } from '../../store/layers.ts';

/** What a step left mounted below the tree. */
export type MountsLeft = {
  readonly kept: readonly KeptMount[];
  /** Places, relative to the tree, of mounts that are nowhere else and so go with the step's own mount. */
  readonly lost: readonly string[];
};

/** One line of /proc/self/mountinfo. Source: proc(5). */
type MountLine = {
  readonly device: string;
  readonly root: string;
  readonly at: string;
  readonly options: readonly string[];
};

/**
 * Bind mounts that a hook made below the tree, as upstream's elements do in root.d for package caches. Each
 * step has a mount of its own, so they are remembered by source and made again for the steps that follow.
 * @param known Places, relative to the tree, that the worker itself mounts.
 */
export async function findKeptMounts(tree: HostPath, known: readonly string[]): Promise<MountsLeft> {
  const lines = parseMountInfo(await readFile('/proc/self/mountinfo', 'utf8'));
  return keptMountsIn(lines, tree, known);
}

export function keptMountsIn(
  lines: readonly MountLine[],
  tree: HostPath,
  known: readonly string[],
): MountsLeft {
  const kept: KeptMount[] = [];
  const lost: string[] = [];
  for (const line of lines.filter(({ at }) => isBelow(at, tree))) {
    const target = line.at.slice(tree.length + 1);
    if (known.some((path) => target === path || isBelow(target, path))) continue;
    const source = sourceOf(line, lines, tree);
    if (source === null) lost.push(target);
    else kept.push({ target, source, isReadOnly: line.options.includes('ro') });
  }
  return { kept, lost };
}

/** Where the same directory is to be found outside the tree; null when it is nowhere else. */
function sourceOf(line: MountLine, lines: readonly MountLine[], tree: HostPath): HostPath | null {
  const holders = lines.filter(
    ({ device, at, root }) =>
      device === line.device && at !== tree && !isBelow(at, tree) && isWithin(line.root, root),
  );
  const nearest = holders.sort((a, b) => b.root.length - a.root.length)[0];
  if (nearest === undefined) return null;
  return hostPath(join(nearest.at, line.root.slice(nearest.root === '/' ? 0 : nearest.root.length)));
}

const isWithin = (path: string, root: string): boolean =>
  root === '/' || path === root || isBelow(path, root);

const isBelow = (path: string, directory: string): boolean => path.startsWith(`${directory}/`);

export function parseMountInfo(text: string): readonly MountLine[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [, , device = '', root = '', at = '', options = ''] = line.split(' ').map(unescapeOctal);
      return { device, root, at, options: options.split(',') };
    });
}

const unescapeOctal = (word: string): string =>
  word.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 8)));
