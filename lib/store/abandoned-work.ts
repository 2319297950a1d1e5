// SPDX-License-Identifier: Apache-2.0
import { appendFile, readFile, readdir, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Host } from '../host/host.ts';
import type { HostPath } from '../model/brands.ts';
import type { Store } from '../model/store-paths.ts';

/** Lists, one a line, what a build made outside its own directory: removed with it. */
const ELSEWHERE = 'elsewhere';

/**
 * Notes something that a build is about to make outside its own directory, so that it goes when the build is killed.
 * @param directory The build's own.
 */
export async function recordElsewhere(directory: HostPath, path: HostPath): Promise<void> {
  await appendFile(join(directory, ELSEWHERE), `${path}\n`);
}

/** Nothing else is removed, whatever is listed: TMP_IMAGE_DIR as mkdtemp names it, and outputs that are not done. */
const isRemovable = (path: string, build: string): boolean =>
  /^dib_image\.\w+$/.test(basename(path)) || basename(path).endsWith(`.${build}.part`);

/**
 * Removes what killed builds left in the store. A build holds the lock beside its directory as long as
 * any of its processes lives, so a lock that is free means the build is dead.
 * @returns the names of the builds whose remains were removed.
 */
export async function removeAbandonedWork(
  host: Host,
  store: Store,
  ownName: string,
): Promise<readonly string[]> {
  const removed: string[] = [];
  const names = await buildsIn(store);
  for (const name of names.filter((other) => other !== ownName)) {
    if (await removeIfDead(host, store, name)) removed.push(name);
  }
  return removed;
}

/** A lock without a directory is of a build that is just beginning, or that was killed in that moment. */
async function buildsIn(store: Store): Promise<readonly string[]> {
  const entries = await readdir(store.work, { withFileTypes: true });
  const directories = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const locks = entries
    .filter(({ name }) => name.endsWith('.lock'))
    .map(({ name }) => name.slice(0, -'.lock'.length));
  const old: string[] = [];
  for (const name of locks.filter((lock) => !directories.includes(lock))) {
    const made = await stat(join(store.work, `${name}.lock`)).catch(() => null);
    if (made !== null && Date.now() - made.mtimeMs > BEGINNING_MILLISECONDS) old.push(name);
  }
  return [...directories, ...old];
}

const BEGINNING_MILLISECONDS = 10_000;

async function removeIfDead(host: Host, store: Store, name: string): Promise<boolean> {
  const directory = join(store.work, name);
  const elsewhere = await readFile(join(directory, ELSEWHERE), 'utf8').catch(() => '');
  const paths = elsewhere.split('\n').filter((path) => isRemovable(path, name));
  const lock = `${directory}.lock`;
  const holdingLock = ['flock', '--exclusive', '--nonblock', '--no-fork', lock] as const;
  const removal = ['rm', '--recursive', '--force', '--one-file-system', '--', ...paths, directory];
  const result = await host.run({ argv: [...holdingLock, ...removal] });
  if (result.exitStatus !== 0) return false;
  await rm(lock, { force: true });
  return true;
}
