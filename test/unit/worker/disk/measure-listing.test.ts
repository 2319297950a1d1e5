// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { KiB, targetPath } from '../../../../lib/model/brands.ts';
import { measureListing } from '../../../../lib/worker/disk/measure-tree.ts';

type Entry = readonly [
  kind: string,
  links: number,
  identity: string,
  blocks: number,
  size: number,
  path: string,
];

const listing = (...entries: readonly Entry[]): string =>
  entries.map((entry) => `${entry.join('\t')}\0`).join('');

const tree = listing(
  ['d', 4, '1:1', 8, 4096, ''],
  ['d', 2, '1:2', 8, 4096, 'boot'],
  ['d', 2, '1:3', 8, 4096, 'boot/efi'],
  ['f', 1, '1:4', 8, 10, 'boot/efi/loader'],
  ['f', 1, '1:5', 16, 5000, 'boot/kernel'],
  ['f', 2, '1:6', 8, 100, 'twice'],
  ['f', 2, '1:6', 8, 100, 'boot-twice'],
  ['f', 1, '1:7', 8, 10_000_000, 'mostly holes'],
  ['f', 1, '1:8', 0, 300, 'in the inode'],
  ['f', 1, '1:9', 0, 0, 'empty'],
  ['l', 1, '1:10', 0, 59, 'short link'],
  ['l', 1, '1:11', 0, 60, 'long link'],
  ['c', 1, '1:12', 0, 0, 'device\twith tab'],
);

test('content is counted where it is mounted, links once, holes not', () => {
  const mountPoints = ['/', '/boot/efi', '/boot'].map(targetPath);
  expect(measureListing(tree, mountPoints)).toEqual([
    { mountPoint: '/', inodes: 8, directories: 1, fileBytes: 16 * KiB, directoryBytes: 4 * KiB },
    { mountPoint: '/boot/efi', inodes: 2, directories: 1, fileBytes: 4 * KiB, directoryBytes: 4 * KiB },
    { mountPoint: '/boot', inodes: 2, directories: 1, fileBytes: 8 * KiB, directoryBytes: 4 * KiB },
  ]);
});

test('a mount point that the tree lacks holds nothing', () => {
  expect(
    measureListing(listing(['d', 2, '1:1', 8, 4096, '']), [targetPath('/'), targetPath('/srv')])[1],
  ).toEqual({
    mountPoint: '/srv',
    inodes: 0,
    directories: 0,
    fileBytes: 0,
    directoryBytes: 0,
  });
});

test('a directory takes as many blocks as its names need', () => {
  const names = Array.from({ length: 1000 }, (_, index): Entry => [
    'f',
    1,
    `1:${index}`,
    0,
    0,
    `d/name-${index + 1000}`,
  ]);
  const [measure] = measureListing(
    listing(['d', 3, '2:1', 8, 4096, ''], ['d', 2, '2:2', 8, 4096, 'd'], ...names),
    [targetPath('/')],
  );
  expect(measure).toMatchObject({ inodes: 1002, directoryBytes: (1 + 6) * 4 * KiB });
});
