// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject } from 'vitest';
import { leaksAfter, leaksOf, noLeaks } from './leaks.ts';

/** A directory for the images of a test file, removed after it, when nothing of builds and machines may be left. */
export function useImageDirectory(): () => string {
  let directory = '';
  beforeAll(() => void (directory = mkdtempSync(join(tmpdir(), 'dib-images-'))));
  afterAll(async () => {
    const leaks = await leaksAfter(directory, 2000);
    rmSync(directory, { recursive: true });
    expect(leaks).toEqual(noLeaks);
    // Processes are not asked: whoever runs the tests may have the cache's name among his variables.
    const { mounts, loopDevices } = leaksOf(inject('layerCache'));
    expect({ mounts, loopDevices, work: unfinishedWork() }).toEqual({
      mounts: [],
      loopDevices: [],
      work: [],
    });
  });
  return () => directory;
}

/** Directories of builds in the cache that their builds ought to have removed. */
function unfinishedWork(): readonly string[] {
  const store = join(inject('layerCache'), 'store');
  const owners = existsSync(store) ? readdirSync(store) : [];
  return owners.flatMap((owner) => readdirSync(join(store, owner, 'work')));
}
