// SPDX-License-Identifier: Apache-2.0
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { expectDone, stepsOf } from '../support/build-events.ts';
import { describeForEveryone } from '../support/build-place.ts';

const bash = (text: string): string => `#!/bin/bash\nset -eu -o pipefail\n${text}\n`;

/** What one build made must not be mixed with what the other did: each checks that its layers belong together. */
const twin = {
  'element-deps': 'tiny-os\n',
  'root.d/50-mark': bash('head -c 8 /dev/urandom | od -A n -t x8 >"$TARGET_ROOT/etc/mark"\nsleep 0.3'),
  'install.d/50-copy': bash('cp /etc/mark /etc/copy\nsleep 0.3'),
  'post-install.d/50-copy': bash('cp /etc/copy /etc/second-copy\nsleep 0.3'),
  'cleanup.d/50-compare': bash(
    'cmp "$TARGET_ROOT/etc/mark" "$TARGET_ROOT/etc/copy"\ncmp "$TARGET_ROOT/etc/mark" "$TARGET_ROOT/etc/second-copy"',
  ),
};

describeForEveryone('builds at once', (place) => {
  test('of the same elements in the same cache are all done', async () => {
    place().element('twin', twin);
    const builds = ['a', 'b', 'c'].map((name) => place().create(['-t', 'raw', '-o', name, 'twin']));
    for (const outcome of await Promise.all(builds)) expectDone(outcome);
    expect(readdirSync(place().out).sort()).toEqual(['a.raw', 'b.raw', 'c.raw']);
    const again = stepsOf(expectDone(await place().create(['-t', 'raw', '-o', 'd', 'twin'])));
    expect(again.filter((step) => step.startsWith('ran'))).toEqual(['ran cleanup.d/50-compare']);
  });

  test('one of them with --no-cache, are done', async () => {
    place().element('twin', twin);
    const words = ['-t', 'tar', 'twin'];
    const first = place().create(['-o', 'a', ...words]);
    const others = [
      place().create(['--no-cache', '-o', 'b', ...words]),
      place().create(['-o', 'c', ...words]),
    ];
    for (const outcome of await Promise.all([first, ...others])) expectDone(outcome);
    const work = join(place().cache, 'store', place().person.uid === 0 ? 'root' : 'user', 'work');
    expect(readdirSync(work)).toEqual([]);
  });
});
