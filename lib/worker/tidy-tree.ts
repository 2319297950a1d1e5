// SPDX-License-Identifier: Apache-2.0
import { open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Host } from '../host/host.ts';
import type { HostPath } from '../model/brands.ts';
import { returnResolver } from './resolver-file.ts';

/** What upstream's finalise_base does after cleanup.d: nothing of the build stays in the image. */
export async function tidyTree(host: Host, tree: HostPath, hooksInTarget: string): Promise<void> {
  await returnResolver(host, tree);
  await emptyTemporary(join(tree, 'tmp'), join(tree, hooksInTarget));
  for (const log of await filesBelow(join(tree, 'var/log'))) await truncate(log);
  const ofRoot = await filesBelow(join(tree, 'root'));
  for (const log of ofRoot.filter((path) => path.endsWith('.log'))) await rm(log);
}

async function emptyTemporary(directory: string, mounted: string): Promise<void> {
  const names = await readdir(directory).catch(() => []);
  for (const name of names) {
    const path = join(directory, name);
    if (path !== mounted) await rm(path, { recursive: true, force: true });
  }
}

/** Opened to be emptied, so that an overlay need not copy what is thrown away. */
async function truncate(path: string): Promise<void> {
  const file = await open(path, 'w');
  await file.close();
}

async function filesBelow(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { withFileTypes: true, recursive: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
