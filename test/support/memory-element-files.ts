// SPDX-License-Identifier: Apache-2.0
import type { ElementFiles, FileEntry } from '../../lib/elements/element-files.ts';
import { hostPath } from '../../lib/model/brands.ts';

/** Absolute path → text of a file. A mode can be given; without one, files in `*.d/` except environment.d run. */
export type MemoryTree = Readonly<Record<string, string | { readonly text: string; readonly mode: number }>>;

/** Elements that exist only in memory. Directories are those that the files stand in. */
export function memoryElementFiles(tree: MemoryTree): ElementFiles {
  const paths = Object.keys(tree);
  const belowOf = (directory: string): readonly string[] =>
    paths.filter((path) => path.startsWith(`${directory}/`)).map((path) => path.slice(directory.length + 1));
  return {
    directoriesIn: (directory) => {
      const below = belowOf(directory);
      if (below.length === 0) return Promise.resolve(null);
      const names = below.filter((path) => path.includes('/')).map((path) => path.replace(/\/.*/, ''));
      return Promise.resolve([...new Set(names)].map((name) => hostPath(`${directory}/${name}`)));
    },
    entriesBelow: (directory) =>
      Promise.resolve([
        ...directoriesAbove(belowOf(directory)),
        ...belowOf(directory).map((path) => fileEntry(tree, directory, path)),
      ]),
    readText: (path) => Promise.resolve(textOf(tree[path])),
  };
}

function fileEntry(tree: MemoryTree, directory: string, path: string): FileEntry {
  const entry = tree[`${directory}/${path}`];
  const isHook = /^[^/]+\.d\//.test(path) && !path.startsWith('environment.d/');
  const mode = typeof entry === 'object' ? entry.mode : isHook ? 0o755 : 0o644;
  return { path, kind: 'file', mode, link: null, content: Buffer.from(textOf(entry) ?? '') };
}

function directoriesAbove(paths: readonly string[]): readonly FileEntry[] {
  const directories = paths.flatMap((path) =>
    [...path.matchAll(/\//g)].map((match) => path.slice(0, match.index)),
  );
  return [...new Set(directories)].map((path) => ({
    path,
    kind: 'directory',
    mode: 0o755,
    link: null,
    content: new Uint8Array(),
  }));
}

const textOf = (entry: MemoryTree[string] | undefined): string | null =>
  typeof entry === 'object' ? entry.text : (entry ?? null);
