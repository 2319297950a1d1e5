// SPDX-License-Identifier: Apache-2.0
import type { Stats } from 'node:fs';
import { closeSync, fstatSync, lstatSync, openSync, readdirSync, readlinkSync, readSync } from 'node:fs';
import type { HostPath } from '../../model/brands.ts';
import { BuildFailure } from '../../model/failure.ts';
import { compareBytes } from '../../model/hook-order.ts';
import type { FoundFile, LinkPassed, TreeReader } from '../../ramdisk/tree-reader.ts';

/**
 * Reads a tree below a directory of this machine, as a process would that had it as its root: no link leads out of it. What
 * may not be looked at by whom the build belongs to is taken for not there.
 */
export function realTreeReader(root: HostPath): TreeReader {
  const onHost = (path: string): string => `${root.replace(/\/+$/, '')}${path}`;
  const find = (path: string): FoundFile | null => findIn(onHost, path);
  const found = (path: string): string => {
    const file = find(path);
    if (file?.kind !== 'file') throw new Error(`${path} is no file of ${root}`);
    return file.path;
  };
  return {
    find,
    namesIn: (directory) => {
      const file = find(directory);
      return file?.kind === 'directory' ? namesIn(onHost(file.path)) : [];
    },
    read: (path, part) => readBytes(onHost(found(path)), path, part),
  };
}

/** As many as the kernel follows. */
const mostLinks = 40;

/** PATH_MAX, without the byte that ends it. */
const longestPath = 4095;

/** Walks a path part by part: `place` is where it has led to, `rest` the parts that are left. */
function findIn(onHost: (path: string) => string, path: string): FoundFile | null {
  if (path.length > longestPath) return null;
  const links: LinkPassed[] = [];
  let place: Place = { path: '', stats: lstatSync(onHost('/')) };
  let rest = partsOf(path);
  for (let part = rest[0]; part !== undefined; part = rest[0]) {
    rest = rest.slice(1);
    if (!place.stats.isDirectory()) return null;
    const next = part === '..' ? parentOf(place.path) : `${place.path}/${part}`;
    const stats = statsOf(onHost(next === '' ? '/' : next));
    if (stats === null) return null;
    if (!stats.isSymbolicLink()) {
      place = { path: next, stats };
      continue;
    }
    const text = readlinkSync(onHost(next));
    links.push({ path: next, text });
    if (links.length > mostLinks) return null;
    if (text.startsWith('/')) place = { path: '', stats: lstatSync(onHost('/')) };
    rest = [...partsOf(text), ...rest];
  }
  return { path: place.path || '/', ...describe(place.stats), links };
}

/** A place that no link leads to any more; the root is the empty path. */
type Place = { readonly path: string; readonly stats: Stats };

const partsOf = (path: string): readonly string[] =>
  path.split('/').filter((part) => part !== '' && part !== '.');

const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));

const nothingThere = ['ENOENT', 'ENOTDIR', 'EACCES', 'ENAMETOOLONG'];

const statsOf = (path: string): Stats | null =>
  path.includes('\0') ? null : orNothing(() => lstatSync(path));

const namesIn = (directory: string): readonly string[] =>
  orNothing(() => readdirSync(directory))?.sort(compareBytes) ?? [];

function orNothing<T>(look: () => T): T | null {
  try {
    return look();
  } catch (error) {
    if (nothingThere.includes(codeOf(error))) return null;
    throw error;
  }
}

const describe = (stats: Stats): Pick<FoundFile, 'kind' | 'mode' | 'size'> => ({
  kind: stats.isFile() ? 'file' : stats.isDirectory() ? 'directory' : 'other',
  mode: stats.mode & 0o7777,
  size: stats.size,
});

function readBytes(
  file: string,
  path: string,
  part: { readonly offset: number; readonly length: number } | undefined,
): Uint8Array {
  const descriptor = openFile(file, path);
  try {
    const { size } = fstatSync(descriptor);
    const { offset, length } = part ?? { offset: 0, length: size };
    const bytes = Buffer.alloc(Math.max(0, Math.min(length, size - offset)));
    let filled = 0;
    for (let count = -1; count !== 0 && filled < bytes.length; filled += count)
      count = readSync(descriptor, bytes, filled, bytes.length - filled, offset + filled);
    return bytes.subarray(0, filled);
  } finally {
    closeSync(descriptor);
  }
}

function openFile(file: string, path: string): number {
  try {
    return openSync(file, 'r');
  } catch (error) {
    if (codeOf(error) !== 'EACCES') throw error;
    const hints = ['run the command as a user who may read it, or take the program out of binary-deps'];
    const problem = { message: `${path} may not be read, so it cannot be put into a RAM disk`, hints };
    throw new BuildFailure({ kind: 'input-invalid', problems: [problem] });
  }
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
