// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { HostPath } from '../../model/brands.ts';

/** Digests in hex by kind; the file is read once for all of them. */
export async function checksumsOf(
  file: HostPath,
  kinds: readonly ('md5' | 'sha256')[],
): Promise<Readonly<Record<string, string>>> {
  if (kinds.length === 0) return {};
  const hashes = kinds.map((kind) => ({ kind, hash: createHash(kind) }));
  for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024 })) {
    for (const { hash } of hashes) hash.update(chunk as Buffer);
  }
  return Object.fromEntries(hashes.map(({ kind, hash }) => [kind, hash.digest('hex')]));
}

/** As md5sum and sha256sum print it, for their `--check`. */
export const checksumLine = (digest: string, name: string): string => `${digest}  ${name}\n`;
