// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { release, version as kernelVersion, hostname } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../host/package-root.ts';
import type { HostPath } from '../../model/brands.ts';
import type { Machine } from './step-key.ts';

/**
 * What this program puts into trees and hands to hooks, in short: its version, and the digest of its shell files, since
 * who works on it does not count versions.
 */
export async function describeBuilder(shellLibrary: HostPath): Promise<string> {
  const { version } = JSON.parse(await readFile(join(packageRoot, 'package.json'), 'utf8')) as {
    version: string;
  };
  const entries = await readdir(shellLibrary, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const texts = await Promise.all(files.sort().map((file) => readFile(file)));
  const hash = createHash('sha256');
  texts.forEach((text, index) => hash.update(`${files[index] ?? ''}\0${text.length}\0`).update(text));
  return `${version} ${hash.digest('hex')}`;
}

export const describeMachine = (): Machine => ({
  kernel: `${release()} ${kernelVersion()}`,
  hostName: hostname(),
});
