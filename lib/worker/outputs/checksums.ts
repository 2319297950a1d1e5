// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import type { HostPath } from '../../model/brands.ts';

export type ChecksumKind = 'md5' | 'sha256';

/** Digests in hex by kind. Those of a large file are computed at once, each on a thread, while the caller's goes on. */
export async function checksumsOf(
  file: HostPath,
  kinds: readonly ChecksumKind[],
): Promise<Readonly<Record<string, string>>> {
  if (kinds.length === 0) return {};
  const { size } = await stat(file);
  const digest = size < WORTH_A_THREAD ? digestHere : digestOnThread;
  const digests = await Promise.all(kinds.map(async (kind) => [kind, await digest(file, kind)] as const));
  return Object.fromEntries(digests);
}

/** As md5sum and sha256sum print it, for their `--check`. */
export const checksumLine = (digest: string, name: string): string => `${digest}  ${name}\n`;

/** A thread takes longer to start than a smaller file to read. */
const WORTH_A_THREAD = 16 * 1024 * 1024;

async function digestHere(file: HostPath, kind: ChecksumKind): Promise<string> {
  const hash = createHash(kind);
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** A script rather than a file of its own: it is the same whether the program is bundled or not. */
const hashing = `
  const { createHash } = require('node:crypto');
  const { closeSync, openSync, readSync } = require('node:fs');
  const { parentPort, workerData } = require('node:worker_threads');
  const hash = createHash(workerData.kind);
  const buffer = Buffer.allocUnsafe(256 * 1024);
  const file = openSync(workerData.file, 'r');
  for (let length; (length = readSync(file, buffer)) > 0; ) hash.update(buffer.subarray(0, length));
  closeSync(file);
  parentPort.postMessage(hash.digest('hex'));
`;

function digestOnThread(file: HostPath, kind: ChecksumKind): Promise<string> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(hashing, {
      eval: true,
      execArgv: [],
      workerData: { file, kind },
      resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 4 },
    });
    thread.once('message', resolve);
    thread.once('error', reject);
    thread.once('exit', () => reject(new Error(`the ${kind} of ${file} was not computed`)));
  });
}
