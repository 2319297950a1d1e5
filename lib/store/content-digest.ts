// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { HostPath } from '../model/brands.ts';

const BLOCK_BYTES = 1024 * 1024;

/**
 * SHA-256, hex, of a file's length and of its blocks of 1 MiB that hold anything but zeros, each with its number: one
 * digest for a sparse file and its full copy, and holes cost next to nothing.
 */
export async function contentDigest(file: HostPath): Promise<string> {
  const handle = await open(file, 'r');
  const block = Buffer.allocUnsafe(BLOCK_BYTES);
  const zeros = Buffer.alloc(BLOCK_BYTES);
  try {
    const { size } = await handle.stat();
    const hash = createHash('sha256').update(String(size));
    for (let index = 0; index * BLOCK_BYTES < size; index++) {
      const { bytesRead } = await handle.read(block, 0, BLOCK_BYTES, index * BLOCK_BYTES);
      const data = block.subarray(0, bytesRead);
      if (!data.equals(zeros.subarray(0, bytesRead))) hash.update(`\n${index}\n`).update(data);
    }
    return hash.digest('hex');
  } finally {
    await handle.close();
  }
}
