// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { KiB, targetPath } from '../../../../lib/model/brands.ts';
import type { SourceEntry, SourceFile, SourceTree } from '../../../../lib/worker/disk/ext/source-tree.ts';
import { measureTree } from '../../../../lib/worker/disk/measure-tree.ts';

const fileOf = (over: Partial<SourceFile>): SourceFile => ({
  ...{ path: '', kind: 'file', mode: 0, uid: 0, gid: 0, size: 0, mtimeNanoseconds: 0n, allocated: 0 },
  ...{ device: [0, 0], target: '', entries: [], names: 1 },
  ...over,
});

const file = (size: number, allocated: number, names = 1): SourceFile => fileOf({ size, allocated, names });
const link = (size: number): SourceFile => fileOf({ kind: 'symlink', size });
const directory = (entries: Readonly<Record<string, SourceFile>>): SourceFile =>
  fileOf({
    kind: 'directory',
    size: 4096,
    allocated: 4096,
    entries: Object.entries(entries).map(([name, inside]): SourceEntry => ({ name, file: inside })),
  });

const treeOf = (top: SourceFile): SourceTree => ({ directory: '/tree', top, files: [] });

test('content is counted where it is mounted, links once, holes not', () => {
  const twice = file(100, 4096, 2);
  const efi = directory({ loader: file(10, 4096) });
  const top = directory({
    boot: directory({ efi, kernel: file(5000, 8192) }),
    twice,
    'boot-twice': twice,
    'mostly holes': file(10_000_000, 4096),
    'in the inode': file(300, 0),
    empty: file(0, 0),
    'short link': link(59),
    'long link': link(60),
    device: fileOf({ kind: 'character' }),
  });
  const mountPoints = ['/', '/boot/efi', '/boot'].map(targetPath);
  expect(measureTree(treeOf(top), mountPoints)).toEqual([
    { mountPoint: '/', inodes: 8, directories: 1, fileBytes: 16 * KiB, directoryBytes: 4 * KiB },
    { mountPoint: '/boot/efi', inodes: 2, directories: 1, fileBytes: 4 * KiB, directoryBytes: 4 * KiB },
    { mountPoint: '/boot', inodes: 2, directories: 1, fileBytes: 8 * KiB, directoryBytes: 4 * KiB },
  ]);
});

test('a mount point may have letters that take several bytes', () => {
  const bytes = Buffer.from('söhne').toString('latin1');
  const top = directory({ [bytes]: directory({ one: file(1, 4096) }) });
  expect(measureTree(treeOf(top), [targetPath('/'), targetPath('/söhne')])).toMatchObject([
    { inodes: 1, fileBytes: 0 },
    { inodes: 2, fileBytes: 4 * KiB },
  ]);
});

test('a mount point that the tree lacks holds nothing', () => {
  const [, measure] = measureTree(treeOf(directory({})), [targetPath('/'), targetPath('/srv')]);
  expect(measure).toEqual({
    mountPoint: '/srv',
    inodes: 0,
    directories: 0,
    fileBytes: 0,
    directoryBytes: 0,
  });
});

test('what lies on no file system of the image is not counted', () => {
  const top = directory({ big: file(9000, 12288), srv: directory({ one: file(1, 4096) }) });
  expect(measureTree(treeOf(top), [targetPath('/srv')])).toMatchObject([{ inodes: 2, fileBytes: 4 * KiB }]);
});

test('a directory takes as many blocks as its names need', () => {
  const names = Array.from({ length: 1000 }, (_, index) => [`name-${index + 1000}`, file(0, 0)] as const);
  const top = directory({ d: directory(Object.fromEntries(names)) });
  const [measure] = measureTree(treeOf(top), [targetPath('/')]);
  expect(measure).toMatchObject({ inodes: 1002, directoryBytes: (1 + 6) * 4 * KiB });
});
