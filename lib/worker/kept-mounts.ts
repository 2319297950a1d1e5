// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostPath } from '../model/brands.ts';
import { hostPath } from '../model/brands.ts';
import type { KeptMount } from '../store/layers.ts';

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
export async function findKeptMounts(
  tree: HostPath,
  known: readonly string[],
): Promise<readonly KeptMount[]> {
  const lines = parseMountInfo(await readFile('/proc/self/mountinfo', 'utf8'));
  return keptMountsIn(lines, tree, known);
}

function keptMountsIn(
  lines: readonly MountLine[],
  tree: HostPath,
  known: readonly string[],
): readonly KeptMount[] {
  const isKnown = (target: string): boolean =>
    known.some((path) => target === path || target.startsWith(`${path}/`));
  return lines.flatMap((line) => {
    if (!line.at.startsWith(`${tree}/`)) return [];
    const target = line.at.slice(tree.length + 1);
    const source = isKnown(target) ? null : sourceOf(line, lines, tree);
    return source === null ? [] : [{ target, source, isReadOnly: line.options.includes('ro') }];
  });
}

/** Where the same directory is to be found outside the tree; null when it is nowhere else. */
function sourceOf(line: MountLine, lines: readonly MountLine[], tree: HostPath): HostPath | null {
  const holders = lines.filter(
    (other) => other.device === line.device && !other.at.startsWith(tree) && isWithin(line.root, other.root),
  );
  const nearest = holders.sort((a, b) => b.root.length - a.root.length)[0];
  if (nearest === undefined) return null;
  return hostPath(join(nearest.at, line.root.slice(nearest.root === '/' ? 0 : nearest.root.length)));
}

const isWithin = (path: string, root: string): boolean =>
  root === '/' || path === root || path.startsWith(`${root}/`);

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
