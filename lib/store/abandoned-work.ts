// SPDX-License-Identifier: Apache-2.0
import { readFile, readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Host } from '../host/host.ts';
import type { Store } from '../model/store-paths.ts';

/** Names, one a line, of directories a build made outside its own: removed with it. */
export const ELSEWHERE = 'elsewhere';

/** What a directory listed in `elsewhere` must be called to be removed: mkdtemp's form of TMP_IMAGE_DIR. */
const removable = /^dib_image\.\w+$/;

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
  const entries = await readdir(store.work, { withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isDirectory() && entry.name !== ownName)
    .map(({ name }) => name);
  const removed: string[] = [];
  for (const name of names) {
    if (await removeIfDead(host, store, name)) removed.push(name);
  }
  return removed;
}

async function removeIfDead(host: Host, store: Store, name: string): Promise<boolean> {
  const directory = join(store.work, name);
  const elsewhere = await readFile(join(directory, ELSEWHERE), 'utf8').catch(() => '');
  const paths = elsewhere.split('\n').filter((path) => removable.test(basename(path)));
  const lock = `${directory}.lock`;
  const holdingLock = ['flock', '--exclusive', '--nonblock', '--no-fork', lock] as const;
  const removal = ['rm', '--recursive', '--force', '--one-file-system', '--', directory, ...paths];
  const result = await host.run({ argv: [...holdingLock, ...removal] });
  if (result.exitStatus !== 0) return false;
  await rm(lock, { force: true });
  return true;
}
