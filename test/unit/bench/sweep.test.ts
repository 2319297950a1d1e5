// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { mountPointsBelow } from '../../bench/sweep.ts';

test('mounts below a directory and no others, the last one first', () => {
  const mountinfo = [
    '22 1 254:0 / / rw,relatime - ext4 /dev/vda rw',
    '90 22 0:40 / /var/tmp/bench-1 rw - tmpfs tmpfs rw',
    '91 22 0:41 / /var/tmp/bench-1/tmp/a\\040b rw - tmpfs tmpfs rw',
    '92 91 0:42 / /var/tmp/bench-1/tmp/a\\040b/proc rw - proc proc rw',
    '93 22 0:43 / /var/tmp/bench-12/tmp rw - tmpfs tmpfs rw',
    '',
  ].join('\n');
  expect(mountPointsBelow(mountinfo, '/var/tmp/bench-1')).toEqual([
    '/var/tmp/bench-1/tmp/a b/proc',
    '/var/tmp/bench-1/tmp/a b',
  ]);
});
