// SPDX-License-Identifier: Apache-2.0
import { chownSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { BuildPlace } from './build-place.ts';
import { succeed } from './ordinary-user.ts';

/** Has the cache of a place on an overlay, as it is inside a container, while it is used. */
export async function withCacheOnOverlay(place: BuildPlace, use: () => Promise<void>): Promise<void> {
  const [lower, upper, work] = ['l', 'u', 'w'].map((name) => join(place.directory, `overlay-${name}`));
  for (const path of [lower, upper, work]) mkdirSync(path ?? '');
  chownSync(upper ?? '', place.person.uid, place.person.gid);
  const options = `lowerdir=${lower ?? ''},upperdir=${upper ?? ''},workdir=${work ?? ''}`;
  succeed('mount', ['-t', 'overlay', '-o', options, 'overlay', place.cache]);
  try {
    await use();
  } finally {
    succeed('umount', [place.cache]);
  }
}
