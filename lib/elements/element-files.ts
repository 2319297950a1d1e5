// SPDX-License-Identifier: Apache-2.0
import { readFile, readlink, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';

import fastGlob from 'fast-glob';

import type { HostPath } from '../model/brands.ts';
import { hostPath } from '../model/brands.ts';

/** How elements are read: the real file system, or a test's own. */
export type ElementFiles = {
  /** The directories directly inside a directory, links followed to the end; null when it is no directory. */
  readonly directoriesIn: (directory: HostPath) => Promise<readonly HostPath[] | null>;
  /** Everything below a directory, links not followed into directories, in no particular order. */
  readonly entriesBelow: (directory: HostPath) => Promise<readonly FileEntry[]>;
  /** Null when there is no such file. */
  readonly readText: (path: HostPath) => Promise<string | null>;
};

export type FileEntry = {
  /** Relative to the directory asked for, `/` between parts. */
  readonly path: string;
  /** For a symbolic link, that of what it points at. */
  readonly kind: 'file' | 'directory' | 'other';
  /** Permission bits; for a symbolic link, those of what it points at. */
  readonly mode: number;
  /** What a symbolic link says; null for anything else. */
  readonly link: string | null;
  /** Empty for what is no file. */
  readonly content: Uint8Array;
};

export const realElementFiles: ElementFiles = { directoriesIn, entriesBelow, readText };

async function directoriesIn(directory: HostPath): Promise<readonly HostPath[] | null> {
  if (!(await isDirectory(directory))) return null;
  const names = await fastGlob('*', { cwd: directory, onlyFiles: false, dot: false });
  const found = await Promise.all(
    names.map(async (name) => {
      const path = join(directory, name);
      return (await isDirectory(path)) ? hostPath(await realpath(path)) : null;
    }),
  );
  return found.filter((path) => path !== null);
}

async function entriesBelow(directory: HostPath): Promise<readonly FileEntry[]> {
  const paths = await fastGlob('**', {
    cwd: directory,
    onlyFiles: false,
    dot: true,
    followSymbolicLinks: false,
    objectMode: true,
  });
  return Promise.all(
    paths.map(({ path, dirent }) => readEntry(join(directory, path), path, dirent.isSymbolicLink())),
  );
}

async function readEntry(absolute: string, path: string, isLink: boolean): Promise<FileEntry> {
  const link = isLink ? await readlink(absolute) : null;
  const status = await stat(absolute).catch(() => null);
  const kind = status?.isFile() === true ? 'file' : status?.isDirectory() === true ? 'directory' : 'other';
  const content = kind === 'file' ? await readFile(absolute) : new Uint8Array();
  return { path, kind, mode: (status?.mode ?? 0) & 0o7777, link, content };
}

async function readText(path: HostPath): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');

const isDirectory = (path: string): Promise<boolean> =>
  stat(path).then(
    (status) => status.isDirectory(),
    () => false,
  );
