// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { accessListOnDisk } from '../../../../../lib/worker/disk/ext/access-list.ts';
import { storeAttributes } from '../../../../../lib/worker/disk/ext/attributes.ts';
import { encodeMap, mapBlocksNeeded } from '../../../../../lib/worker/disk/ext/block-map.ts';
import { crc16, crc32c } from '../../../../../lib/worker/disk/ext/checksum.ts';
import {
  directoryBlocksNeeded,
  encodeDirectory,
  readDirectoryBlock,
} from '../../../../../lib/worker/disk/ext/directory-blocks.ts';
import type { DirectoryEntry } from '../../../../../lib/worker/disk/ext/directory-blocks.ts';
import type { Extent } from '../../../../../lib/worker/disk/ext/extents.ts';
import { encodeDevice, encodeInode } from '../../../../../lib/worker/disk/ext/inode.ts';
import { parseAttributes } from '../../../../../lib/worker/disk/ext/read-attributes.ts';
import type { ExtShape } from '../../../../../lib/worker/disk/ext/super-block.ts';
import { shape } from './shape.ts';

test('checksums are those of the catalogues', () => {
  const digits = Buffer.from('123456789');
  expect((crc32c(0xffffffff, digits) ^ 0xffffffff) >>> 0).toBe(0xe3069283);
  expect(crc16(0xffff, digits)).toBe(0x4b37);
});

describe('a map of a file', () => {
  const own = (count: number): { places: readonly number[]; inodeSeed: number } => ({
    places: Array.from({ length: count }, (_, index) => 9000 + index),
    inodeSeed: 1,
  });
  const scattered = (count: number): readonly Extent[] =>
    Array.from({ length: count }, (_, index) => ({ logical: 2 * index, physical: 7 * index + 1, count: 1 }));

  test.each([
    [0, 0],
    [4, 0],
    [5, 1],
    [340, 1],
    [341, 2],
    [1360, 4],
    [1361, 6],
  ])('of %d extents takes %d blocks', (extents, blocks) => {
    const made = encodeMap(scattered(extents), shape, own(blocks));
    expect([mapBlocksNeeded(scattered(extents), shape), made.blocks.length]).toEqual([blocks, blocks]);
  });

  test('of extents is found from the inode on', () => {
    const { root, blocks } = encodeMap(scattered(5), shape, own(1));
    expect(root.toString('hex', 0, 24)).toBe('0af301000400010000000000' + '000000002823000000000000');
    const [leaf] = blocks;
    expect(leaf?.data.toString('hex', 0, 36)).toBe(
      '0af305005401000000000000' + '000000000100000001000000' + '020000000100000008000000',
    );
  });

  test.each([
    [12, 0],
    [13, 1],
    [12 + 1024, 1],
    [12 + 1025, 3],
    [12 + 1024 + 1025, 4],
    [12 + 256 + 256 * 256 + 1, 1 + 257 + 3, 1024],
  ])('of %d blocks in a row takes %d blocks of pointers', (count, blocks, blockSize = 4096) => {
    const old: ExtShape = { ...shape, blockSize, has: { ...shape.has, extents: false } };
    expect(mapBlocksNeeded([{ logical: 0, physical: 100, count }], old)).toBe(blocks);
  });
});

describe('a directory', () => {
  const names = Array.from({ length: 300 }, (_, index) => `name ${index}`);
  const entries: readonly DirectoryEntry[] = [
    { name: '.', number: 12, kind: 'directory' },
    { name: '..', number: 2, kind: 'directory' },
    ...names.map((name, index) => ({ name, number: 100 + index, kind: 'file' as const })),
  ];

  test('is read back from as many blocks as were counted', () => {
    const blocks = encodeDirectory(entries, shape, 1);
    expect(blocks).toHaveLength(directoryBlocksNeeded(names, shape));
    expect(blocks).toHaveLength(2);
    expect(new Map(blocks.flatMap((block) => [...readDirectoryBlock(block)]))).toEqual(
      new Map(entries.map(({ name, number }) => [name, number])),
    );
  });

  test('ends in each block with a record of its checksum', () => {
    const [block] = encodeDirectory(entries, shape, 1);
    const checksum = crc32c(1, block?.subarray(0, 4084) ?? Buffer.alloc(0));
    expect(block?.toString('hex', 4084, 4092)).toBe('000000000c0000de');
    expect(block?.readUInt32LE(4092)).toBe(checksum);
  });
});

describe('an inode', () => {
  const fields = {
    ...{ number: 12, mode: 0o100644, uid: 70_000, gid: 2, size: 5, links: 1, blocks: 1, hasExtents: true },
    ...{ place: Buffer.alloc(60, 7), attributeBlock: 0, attributes: null },
  };
  const seconds = (nanoseconds: bigint): readonly number[] => {
    const inode = encodeInode(shape, { ...fields, mtimeNanoseconds: nanoseconds });
    expect([0xc, 0x10, 0x90].map((place) => inode.readInt32LE(place))).toEqual(
      Array(3).fill(inode.readInt32LE(0x8)),
    );
    expect([0x84, 0x88, 0x94].map((place) => inode.readUInt32LE(place))).toEqual(
      Array(3).fill(inode.readUInt32LE(0x8c)),
    );
    return [inode.readInt32LE(0x10), inode.readUInt32LE(0x88) & 3, inode.readUInt32LE(0x88) >>> 2];
  };

  test('has its times four times, with nanoseconds and seconds of 34 bits', () => {
    expect(seconds(1_700_000_000_123_456_789n)).toEqual([1_700_000_000, 0, 123_456_789]);
    expect(seconds(-1n)).toEqual([-1, 0, 999_999_999]);
    expect(seconds(4_294_967_296_000_000_005n)).toEqual([0, 1, 5]);
    expect(seconds(2_147_483_648_000_000_000n)).toEqual([-2_147_483_648, 1, 0]);
  });

  test('has owners beyond 16 bits and counts sectors', () => {
    const inode = encodeInode(shape, { ...fields, mtimeNanoseconds: 0n });
    expect([inode.readUInt16LE(0x2), inode.readUInt16LE(0x78)]).toEqual([70_000 & 0xffff, 1]);
    expect(inode.readUInt32LE(0x1c)).toBe(8);
  });

  test('of a device has its numbers in the form that fits', () => {
    expect(encodeDevice(8, 1).toString('hex', 0, 8)).toBe('0108000000000000');
    expect(encodeDevice(300, 70_000).toString('hex', 0, 8)).toBe('00000000702c1111');
  });
});

describe('extended attributes', () => {
  const attribute = (name: string, length: number): { name: string; value: Buffer } => ({
    name,
    value: Buffer.alloc(length, 'v'),
  });

  test('are in the inode as long as it has room, others in a block', () => {
    const small = storeAttributes([attribute('security.capability', 20)], shape);
    expect(small?.inBlock).toBeNull();
    expect(small?.inInode?.toString('hex', 0, 32)).toBe(
      '000002ea' + '0a06480000000000' + '1400000000000000' + '6361706162696c697479' + '0000',
    );
    const both = storeAttributes([attribute('user.a', 20), attribute('user.b', 500)], shape);
    expect([both?.inInode?.length, both?.inBlock?.length]).toEqual([96, 4096]);
  });

  test('of other file systems are left out, and too many refused', () => {
    expect(storeAttributes([attribute('btrfs.compression', 4)], shape)).toEqual({
      inInode: null,
      inBlock: null,
    });
    expect(storeAttributes([attribute('user.large', 4036)], shape)).not.toBeNull();
    expect(storeAttributes([attribute('user.large', 4037)], shape)).toBeNull();
  });

  test('that are access lists are shorter on the disk', () => {
    const list = Buffer.from(
      '02000000' + '01000600ffffffff' + '02000400e8030000' + '20000000ffffffff',
      'hex',
    );
    expect(accessListOnDisk(list).toString('hex')).toBe(
      '01000000' + '01000600' + '02000400e8030000' + '20000000',
    );
    expect(() => accessListOnDisk(Buffer.from('03000000', 'hex'))).toThrow(/access list/);
  });

  test('are listed in digits, the top without a path', () => {
    const hex = (text: string): string => Buffer.from(text, 'latin1').toString('hex');
    const listing = ` ${hex('user.top')} \n${hex('od\xff')} ${hex('user.x')} 00ff\n${hex('od\xff')} ${hex('user.y')} 01\n`;
    expect(parseAttributes(listing)).toEqual(
      new Map([
        ['', [{ name: 'user.top', value: Buffer.alloc(0) }]],
        [
          'od\xff',
          [
            { name: 'user.x', value: Buffer.from([0, 255]) },
            { name: 'user.y', value: Buffer.from([1]) },
          ],
        ],
      ]),
    );
  });
});
