// SPDX-License-Identifier: Apache-2.0
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Host } from '../host/host.ts';
import type { HostPath } from '../model/brands.ts';

/** What a layer holds: path → kind, mode, owner, size, time and link target in one line. Contents do not count. */
export type FileList = ReadonlyMap<string, string>;

/** Beside a layer's files: what they were when it was committed. */
const LISTED = 'files';

/** Two texts a file, each ended by NUL: its path, and what it is. */
const form = '%P\\0%y %m %U %G %s %T@ %l\\0';

/** Lists a staged layer's files beside them, for `cache verify`. @returns what they take on disk, in bytes. */
export async function recordFiles(host: Host, directory: HostPath): Promise<number> {
  return allocatedBytes(await listFiles(host, directory, LISTED));
}

/** What `recordFiles` has listed; null: nothing was, as the layer is older than that. */
export function recordedFiles(directory: string): Promise<FileList | null> {
  return readList(join(directory, LISTED));
}

/** What is there now. */
export async function presentFiles(host: Host, directory: HostPath): Promise<FileList> {
  const list = join(directory, `${LISTED}.now`);
  try {
    await listFiles(host, directory, `${LISTED}.now`);
    return (await readList(list)) ?? new Map();
  } finally {
    await rm(list, { force: true });
  }
}

async function readList(file: string): Promise<FileList | null> {
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) return null;
  const fields = text.split('\0');
  const files = new Map<string, string>();
  for (let at = 0; at + 1 < fields.length; at += 2)
    files.set(fields[at] ?? '', described(fields[at + 1] ?? ''));
  return files;
}

/** What a directory itself takes depends on the file system. */
const described = (what: string): string =>
  what.startsWith('d ') ? what.replace(/^(d \S+ \S+ \S+) \d+/, '$1 0') : what;

/** A layer may have a million files: find itself writes the list. @returns a line for each: blocks, inode, links. */
async function listFiles(host: Host, directory: HostPath, name: string): Promise<string> {
  const argv = ['find', 't', '-fprintf', name, form, '-printf', '%b %i %n\\n'] as const;
  const { stdout, exitStatus, lastLines } = await host.run({ argv, cwd: directory });
  if (exitStatus !== 0) throw new Error(`the files of a layer cannot be listed: ${lastLines.join(' ')}`);
  return stdout;
}

/** Links to one file count once. */
function allocatedBytes(lines: string): number {
  const seen = new Set<string>();
  let blocks = 0;
  for (const line of lines.split('\n')) {
    const [used = '0', inode = '', links] = line.split(' ');
    if (links !== '1' && seen.has(inode)) continue;
    seen.add(inode);
    blocks += Number(used);
  }
  return blocks * 512;
}
