// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { terminfoFiles } from '../../../lib/ramdisk/terminfo.ts';
import { memoryTree } from '../../support/memory-tree.ts';

const reader = memoryTree({
  '/bin/bash': 'static',
  '/bin/cat': 'static',
  '/lib/libncursesw.so.6': { link: 'wide' },
  '/lib/wide': 'library',
  '/lib/libncursesother.so.6': 'library',
  '/etc/terminfo/l/linux': 'own',
  '/lib/terminfo/l/linux': 'usual',
  '/lib/terminfo/x/xterm-256color': 'usual',
  '/lib/terminfo/x/xterm-kitty': 'unusual',
  '/usr/share/terminfo/76/vt100': 'hashed',
  '/usr/share/terminfo/v/vt220': { link: '../76/vt100' },
});

const pathsFor = (path: string): readonly string[] =>
  terminfoFiles(
    reader,
    [reader.find(path)].flatMap((found) => found ?? []),
  ).map((found) => found.path);

test.each(['/bin/bash', '/lib/libncursesw.so.6'])(
  '%s brings terminals, of each the first there is',
  (path) => {
    expect(pathsFor(path)).toEqual([
      '/etc/terminfo/l/linux',
      '/usr/share/terminfo/76/vt100',
      '/usr/share/terminfo/76/vt100',
      '/lib/terminfo/x/xterm-256color',
    ]);
  },
);

test.each(['/bin/cat', '/lib/libncursesother.so.6'])('%s brings none', (path) => {
  expect(pathsFor(path)).toEqual([]);
});
