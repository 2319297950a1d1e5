// SPDX-License-Identifier: Apache-2.0
import { open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Host } from '../../host/host.ts';
import type { HostPath } from '../../model/brands.ts';
import { returnResolver } from './resolver-file.ts';

/** What upstream's finalise_base does after cleanup.d: nothing of the build stays in the image. */
export async function tidyTree(host: Host, tree: HostPath): Promise<void> {
  await returnResolver(host, tree);
  await emptyDirectory(join(tree, 'tmp'));
  for (const log of await filesBelow(join(tree, 'var/log'))) await truncate(log);
  const ofRoot = await filesBelow(join(tree, 'root'));
  for (const log of ofRoot.filter((path) => path.endsWith('.log'))) await rm(log);
}

async function emptyDirectory(directory: string): Promise<void> {
  const names = await readdir(directory).catch(() => []);
  for (const name of names) await rm(join(directory, name), { recursive: true, force: true });
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
