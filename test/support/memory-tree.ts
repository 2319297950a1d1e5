// SPDX-License-Identifier: Apache-2.0
import { posix } from 'node:path';
import { compareBytes } from '../../lib/model/hook-order.ts';
import type { FoundFile, LinkPassed, TreeReader } from '../../lib/ramdisk/tree-reader.ts';

/** What is at a path: a text or bytes (mode 0755), a link, or a file with a mode of its own. */
export type MemoryFile =
  string | Uint8Array | { readonly link: string } | { readonly text: string; readonly mode: number };

/** A tree that exists only in memory: absolute path → what is there. Directories are those that things stand in. */
export function memoryTree(files: Readonly<Record<string, MemoryFile>>): TreeReader {
  const namesIn = (directory: string): readonly string[] => {
    const below = Object.keys(files).filter((path) => path.startsWith(`${directory}/`));
    const names = below.map((path) => path.slice(directory.length + 1).replace(/\/.*/, ''));
    return [...new Set(names)].sort(compareBytes);
  };
  const find = (path: string): FoundFile | null => walk(path, { files, namesIn });
  return {
    find,
    namesIn: (directory) => {
      const found = find(directory);
      return found?.kind === 'directory' ? namesIn(found.path.replace(/^\/$/, '')) : [];
    },
    read: (path, { offset, length } = { offset: 0, length: Infinity }) => {
      const found = find(path);
      if (found?.kind !== 'file') throw new Error(`${path} is no file`);
      return bytesOf(files[found.path] ?? '').subarray(offset, offset + length);
    },
  };
}

/** The same files but for one. */
export const without = (
  files: Readonly<Record<string, MemoryFile>>,
  path: string,
): Readonly<Record<string, MemoryFile>> =>
  Object.fromEntries(Object.entries(files).filter(([one]) => one !== path));

type Memory = {
  readonly files: Readonly<Record<string, MemoryFile>>;
  readonly namesIn: (directory: string) => readonly string[];
};

function walk(path: string, { files, namesIn }: Memory): FoundFile | null {
  const links: LinkPassed[] = [];
  let place = '';
  let rest = path.split('/');
  for (let part = rest.shift(); part !== undefined; part = rest.shift()) {
    if (part === '' || part === '.') continue;
    if (place !== '' && namesIn(place).length === 0) return null;
    const next = part === '..' ? posix.dirname(place).replace(/^[/.]$/, '') : `${place}/${part}`;
    const file = files[next];
    if (typeof file !== 'object' || !('link' in file)) {
      place = next;
      continue;
    }
    links.push({ path: next, text: file.link });
    if (links.length > 40) return null;
    if (file.link.startsWith('/')) place = '';
    rest = [...file.link.split('/'), ...rest];
  }
  const file = files[place];
  if (file !== undefined)
    return { path: place, kind: 'file', mode: modeOf(file), size: bytesOf(file).length, links };
  if (namesIn(place).length === 0) return null;
  return { path: place === '' ? '/' : place, kind: 'directory', mode: 0o755, size: 0, links };
}

const modeOf = (file: MemoryFile): number => (typeof file === 'object' && 'mode' in file ? file.mode : 0o755);

function bytesOf(file: MemoryFile): Uint8Array {
  if (file instanceof Uint8Array) return file;
  if (typeof file === 'string') return Buffer.from(file);
  return Buffer.from('text' in file ? file.text : '');
}
