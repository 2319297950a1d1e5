// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { hostPath } from '../../../../lib/model/brands.ts';
import type { MountsLeft } from '../../../../lib/worker/tree/kept-mounts.ts';
import { keptMountsIn, parseMountInfo } from '../../../../lib/worker/tree/kept-mounts.ts';

const tree = hostPath('/work/mnt');

/** Lines as proc(5) has them. */
const host = [
  '22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw',
  '23 22 254:1 /@home /home rw,relatime - btrfs /dev/vdb rw,subvol=/@home',
  '40 22 0:50 / /work/mnt rw,relatime - overlay tree rw',
];

const left = (
  lines: readonly string[],
  known: readonly string[] = ['proc', 'dev', 'tmp/in_target.d'],
): MountsLeft => keptMountsIn(parseMountInfo([...host, ...lines, ''].join('\n')), tree, known);

test('a line is read with its octal escapes', () => {
  expect(
    parseMountInfo('9 8 0:4 /a\\040b /c\\011d\\134 ro,nosuid shared:2 master:1 - ext4 /dev/x rw\n'),
  ).toEqual([{ device: '0:4', root: '/a b', at: '/c\td\\', options: ['ro', 'nosuid'] }]);
});

test('a directory of the host is found again, below whichever mount holds it', () => {
  expect(
    left([
      '41 40 254:0 /var/cache/apt /work/mnt/var/cache/apt rw,relatime - ext4 /dev/vda rw',
      '42 40 254:1 /@home/ada/pip /work/mnt/root/.cache ro,relatime - btrfs /dev/vdb rw',
    ]),
  ).toEqual({
    kept: [
      { target: 'var/cache/apt', source: '/var/cache/apt', isReadOnly: false },
      { target: 'root/.cache', source: '/home/ada/pip', isReadOnly: true },
    ],
    lost: [],
  });
});

test('what the worker mounts itself is not counted, nor what lies beside the tree', () => {
  expect(
    left([
      '41 40 0:60 / /work/mnt/proc rw - proc proc rw',
      '42 40 254:0 /dev/null /work/mnt/dev/null rw - ext4 /dev/vda rw',
      '43 40 254:0 /w/hooks /work/mnt/tmp/in_target.d ro - ext4 /dev/vda rw',
      '44 22 254:0 /x /work/mnt2/x rw - ext4 /dev/vda rw',
    ]),
  ).toEqual({ kept: [], lost: [] });
});

test('a mount that is nowhere else is lost: a new file system, or a part of the tree itself', () => {
  expect(
    left([
      '41 40 0:70 / /work/mnt/scratch rw - tmpfs scratch rw',
      '42 40 0:50 /usr /work/mnt/opt rw - overlay tree rw',
    ]),
  ).toEqual({ kept: [], lost: ['scratch', 'opt'] });
});
