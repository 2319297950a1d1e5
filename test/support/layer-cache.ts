// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  // Only an interface can be added to.
  // eslint-disable-next-line @typescript-eslint/consistent-type-definitions
  export interface ProvidedContext {
    /** DIB_IMAGE_CACHE for builds of whole systems: what one test file made, the next need not make again. */
    layerCache: string;
  }
}

let temporary: string | null = null;

/** DIB_TEST_CACHE names a directory that outlives the run; else one is made for the run and removed after it. */
export function setup(project: TestProject): void {
  const kept = process.env['DIB_TEST_CACHE'] ?? '';
  if (kept === '') temporary = mkdtempSync(join(tmpdir(), 'dib-test-cache-'));
  project.provide('layerCache', temporary ?? kept);
}

/**
 * What a user namespace made belongs to ids that only root, or that namespace, may remove. It takes a while, in which
 * workers of tests tell that they have ended. @throws Error when it cannot be removed.
 */
export async function teardown(): Promise<void> {
  if (temporary === null) return;
  const isRoot = process.getuid?.() === 0;
  const mapped = isRoot ? [] : ['unshare', '--user', '--map-root-user', '--map-auto'];
  await promisify(execFile)('env', [...mapped, 'rm', '-rf', temporary]);
}
