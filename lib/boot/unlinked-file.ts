// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Makes a file, opens it for reading and takes its name away, then gives its descriptor to `use`: nothing is left behind
 * even when we are killed.
 */
export async function withUnlinkedFile<T>(
  make: (path: string) => Promise<void>,
  use: (descriptor: number) => Promise<T>,
): Promise<T> {
  const handle = await openUnlinked(make);
  try {
    return await use(handle.fd);
  } finally {
    await handle.close();
  }
}

async function openUnlinked(make: (path: string) => Promise<void>): ReturnType<typeof open> {
  const directory = await mkdtemp(join(tmpdir(), 'boot-test-'));
  try {
    const path = join(directory, 'file');
    await make(path);
    return await open(path, 'r');
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
