// SPDX-License-Identifier: Apache-2.0
import { mkdir } from 'node:fs/promises';
import type { HostPath } from '../model/brands.ts';
import type { Failure } from '../model/failure.ts';
import type { Store } from '../model/store-paths.ts';

/** Makes the directories that a worker expects. @returns why that cannot be, or null. */
export async function prepareStore(store: Store): Promise<Failure | null> {
  const { layers, keys, artifacts, work, builds, leases } = store;
  return makeDirectories([layers, keys, artifacts, work, builds, leases]);
}

/** For a worker that sudo starts: the cache itself belongs to the user. @returns why it cannot be made, or null. */
export const prepareCache = (cacheDirectory: HostPath): Promise<Failure | null> =>
  makeDirectories([cacheDirectory]);

/** Where hooks lock what builds share. A place that cannot be made is of interest only to a hook that uses it. */
export async function prepareLocks({
  DIB_LOCKFILES: directory,
}: Readonly<Record<string, string>>): Promise<void> {
  if (directory !== undefined) await mkdir(directory, { recursive: true }).catch(() => undefined);
}

async function makeDirectories(directories: readonly HostPath[]): Promise<Failure | null> {
  for (const directory of directories) {
    try {
      await mkdir(directory, { recursive: true });
    } catch (error) {
      return whyNot(directory, error);
    }
  }
  return null;
}

function whyNot(directory: HostPath, error: unknown): Failure {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ENOSPC')
    return { kind: 'no-space', path: directory, doing: 'making the directory of the store' };
  const reason = reasons[code] ?? String(error);
  const message = `the store ${directory} cannot be made: ${reason}`;
  const hints = ['name another place with --image-cache or DIB_IMAGE_CACHE'];
  return { kind: 'input-invalid', problems: [{ message, hints }] };
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission is denied',
  ENOTDIR: 'a part of its path is not a directory',
  EEXIST: 'a part of its path is not a directory',
  EROFS: 'its file system is read-only',
};
