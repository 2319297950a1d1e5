// SPDX-License-Identifier: Apache-2.0
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Host } from '../host/host.ts';
import type { HostPath } from '../model/brands.ts';

/** What a layer holds: path → kind, mode, owner, size, time and link target in one line. Contents do not count. */
export type FileList = ReadonlyMap<string, string>;

/** Beside a layer's files: what they were when it was committed. */
const LISTED = 'files';

/** Three texts a file, each ended by NUL: what it takes on disk, its path, what it is. */
const form = '%b %i %n\\0%P\\0%y %m %U %G %s %T@ %l\\0';

/** Lists a staged layer's files beside them, for `cache verify`. @returns what they take on disk, in bytes. */
export async function recordFiles(host: Host, directory: HostPath): Promise<number> {
  const rows = await listFiles(host, join(directory, 't'));
  const text = rows.map(({ path, what }) => `${path}\0${what}\0`).join('');
  await writeFile(join(directory, LISTED), text);
  return allocatedBytes(rows);
}

/** What `recordFiles` has listed; null: nothing was, as the layer is older than that. */
export async function recordedFiles(directory: string): Promise<FileList | null> {
  const text = await readFile(join(directory, LISTED), 'utf8').catch(() => null);
  if (text === null) return null;
  const fields = text.split('\0');
  const files = new Map<string, string>();
  for (let at = 0; at + 1 < fields.length; at += 2) files.set(fields[at] ?? '', fields[at + 1] ?? '');
  return files;
}

/** What is there now. */
export async function presentFiles(host: Host, directory: string): Promise<FileList> {
  return new Map((await listFiles(host, join(directory, 't'))).map(({ path, what }) => [path, what]));
}

type Row = { readonly disk: string; readonly path: string; readonly what: string };

/** @throws Error when a directory cannot be read. */
async function listFiles(host: Host, tree: string): Promise<readonly Row[]> {
  const { stdout, exitStatus, lastLines } = await host.run({ argv: ['find', tree, '-printf', form] });
  if (exitStatus !== 0) throw new Error(lastLines.join(' '));
  const fields = stdout.split('\0');
  const rows: Row[] = [];
  for (let at = 0; at + 2 < fields.length; at += 3) {
    rows.push({ disk: fields[at] ?? '', path: fields[at + 1] ?? '', what: described(fields[at + 2] ?? '') });
  }
  return rows.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** What a directory itself takes depends on the file system. */
const described = (what: string): string =>
  what.startsWith('d ') ? what.replace(/^(d \S+ \S+ \S+) \d+/, '$1 0') : what;

/** Links to one file count once. */
function allocatedBytes(rows: readonly Row[]): number {
  const seen = new Set<string>();
  let blocks = 0;
  for (const { disk } of rows) {
    const [used = '0', inode = '', links] = disk.split(' ');
    if (links !== '1' && seen.has(inode)) continue;
    seen.add(inode);
    blocks += Number(used);
  }
  return blocks * 512;
}
