// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject } from 'vitest';
import { leaksAfter, leftByBuilds, noLeaks } from './leaks.ts';

/** A directory for the images of a test file, removed after it, when nothing of builds and machines may be left. */
export function useImageDirectory(): () => string {
  let directory = '';
  beforeAll(() => void (directory = mkdtempSync(join(tmpdir(), 'dib-images-'))));
  afterAll(async () => {
    const leaks = await leaksAfter(directory, 2000);
    rmSync(directory, { recursive: true });
    expect(leaks).toEqual(noLeaks);
    expect(await leftByBuilds(inject('layerCache'))).toEqual([]);
  });
  return () => directory;
}
