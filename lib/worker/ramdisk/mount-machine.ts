// SPDX-License-Identifier: Apache-2.0
import type { Dirent } from 'node:fs';
import { chmod, copyFile, mkdir, readFile, readdir, readlink, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostPath } from '../../model/brands.ts';
import { parseMountInfo } from '../tree/kept-mounts.ts';
import type { TreeContext } from '../tree/tree-context.ts';
import { overlayOptions } from '../tree/overlay-way.ts';

/** Directories of one file system, which takes what is changed. */
export type MachinePlaces = {
  /** Where the machine is to be seen. */
  readonly at: HostPath;
  /** For what overlays need. */
  readonly uppers: HostPath;
};

/**
 * This machine once more, for hooks that may change it: an overlay on each directory of `/`. A user namespace cannot have
 * one on a directory with mounts inside, so such a one is put together of its parts; and what is root's stays as it is there.
 */
export async function mountMachine(context: TreeContext, places: MachinePlaces): Promise<void> {
  const mounts = parseMountInfo(await readFile('/proc/self/mountinfo', 'utf8')).map(({ at }) => at);
  const lendParts = async (path: string): Promise<void> => {
    for (const entry of await entriesOf(path)) {
      const part = join(path, entry.name);
      if (entry.isDirectory()) await lend(part);
      else await lendFile(entry, part, join(places.at, part));
    }
  };
  const lend = async (path: string): Promise<void> => {
    await mkdir(join(places.at, path));
    if (notLent.includes(path) || path === context.paths.work) return;
    if (mounts.some((mount) => mount.startsWith(`${path}/`))) await lendParts(path);
    else await lendDirectory(context, places, path);
  };
  await lendParts('/');
  await mkdir(join(places.at, 'tmp'), { recursive: true });
  await chmod(join(places.at, 'tmp'), 0o1777);
}

/** Hooks get their own of these, or none. */
const notLent: readonly string[] = ['/proc', '/sys', '/dev', '/run', '/tmp'];

/** None where it cannot be read. */
const entriesOf = (path: string): Promise<readonly Dirent[]> =>
  readdir(path, { withFileTypes: true }).catch(() => []);

async function lendDirectory(
  context: TreeContext,
  { at, uppers }: MachinePlaces,
  path: string,
): Promise<void> {
  const { host, store, report } = context;
  const own = join(uppers, path.replaceAll('/', '-'));
  const [upper, work] = [join(own, 'upper'), join(own, 'work')];
  for (const directory of [upper, work]) await mkdir(directory, { recursive: true });
  await chmod(upper, (await stat(path)).mode & 0o7777);
  const options = ['lowerdir=.', `upperdir=${upper}`, `workdir=${work}`, ...overlayOptions(store.kind)];
  const { exitStatus } = await host.run({
    argv: ['mount', '-t', 'overlay', '-o', options.join(','), 'machine', join(at, path)],
    cwd: path,
  });
  if (exitStatus !== 0) report({ kind: 'note', text: `hooks see ${path} of this machine empty` });
}

/** Larger ones beside directories are not what programs need, and would take memory. */
const LARGEST_FILE = 1024 * 1024;

async function lendFile(entry: Dirent, from: string, to: string): Promise<void> {
  if (entry.isSymbolicLink()) return symlink(await readlink(from), to);
  if (!entry.isFile() || (await stat(from)).size > LARGEST_FILE) return;
  await copyFile(from, to).catch(() => undefined);
}
