// SPDX-License-Identifier: Apache-2.0
import { posix } from 'node:path';
import type { FoundFile, LinkPassed, TreeReader } from '../../lib/ramdisk/tree-reader.ts';

/** A tree of texts by absolute path; `-> TEXT` is a symbolic link. */
export function kernelTree(files: Readonly<Record<string, string>>): TreeReader {
  const nodes = new Map<string, string | null>([['/', null]]);
  for (const [path, text] of Object.entries(files)) {
    nodes.set(path, text);
    for (let above = posix.dirname(path); above !== '/'; above = posix.dirname(above)) nodes.set(above, null);
  }
  const find = (path: string): FoundFile | null => follow(nodes, path, []);
  return {
    find,
    namesIn: (directory) => {
      const found = find(directory);
      if (found?.kind !== 'directory') return [];
      return [...nodes.keys()]
        .filter((path) => path !== '/' && posix.dirname(path) === found.path)
        .map((path) => posix.basename(path))
        .sort();
    },
    read: (path) => {
      const text = nodes.get(find(path)?.path ?? '');
      if (text === undefined || text === null) throw new Error(`${path} is no file`);
      return new TextEncoder().encode(text);
    },
  };
}

function follow(
  nodes: ReadonlyMap<string, string | null>,
  path: string,
  passed: readonly LinkPassed[],
): FoundFile | null {
  let at = '/';
  const parts = path.split('/').filter((part) => part !== '');
  for (const [index, part] of parts.entries()) {
    const next = posix.join(at, part);
    const text = nodes.get(next);
    if (text === undefined) return null;
    if (text?.startsWith('-> ') === true) {
      const link = { path: next, text: text.slice(3) };
      const rest = posix.resolve(at, link.text, ...parts.slice(index + 1));
      return passed.length > 40 ? null : follow(nodes, rest, [...passed, link]);
    }
    at = next;
  }
  const text = nodes.get(at) ?? null;
  return text === null
    ? { path: at, kind: 'directory', mode: 0o755, size: 0, links: passed }
    : { path: at, kind: 'file', mode: 0o644, size: text.length, links: passed };
}
