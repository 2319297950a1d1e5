// SPDX-License-Identifier: Apache-2.0
import type { FoundFile, TreeReader } from './tree-reader.ts';

/** Where programs of a tree are looked for. */
export const treePath: readonly string[] = [
  '/usr/local/sbin',
  '/usr/local/bin',
  '/usr/sbin',
  '/usr/bin',
  '/sbin',
  '/bin',
];

/** The first file of that name on the path that can be executed; a name with `/` is a path in the tree. */
export function findProgram(reader: TreeReader, name: string, path: readonly string[]): FoundFile | null {
  const places = name.includes('/') ? [fromRoot(name)] : path.map((directory) => `${directory}/${name}`);
  for (const place of places) {
    const found = reader.find(place);
    if (found !== null && isExecutable(found)) return found;
  }
  return null;
}

const fromRoot = (path: string): string => (path.startsWith('/') ? path : `/${path}`);

const isExecutable = ({ kind, mode }: FoundFile): boolean => kind === 'file' && (mode & 0o111) !== 0;
