// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { deriveSerial, deriveUuid } from '../../../lib/disk/derive-id.ts';
import { mergeExtendedOptions, optionValue } from '../../../lib/disk/mke2fs-options.ts';
import { parsePartitionSize, parseSize } from '../../../lib/disk/parse-size.ts';
import { gptType, mbrType } from '../../../lib/disk/partition-types.ts';

test.each([
  ['8MiB', 8_388_608],
  ['8 MiB', 8_388_608],
  ['5G', 5_000_000_000],
  ['5GB', 5_000_000_000],
  ['1.5KiB', 1536],
  ['.5K', 500],
  ['2TiB', 2_199_023_255_552],
  ['300B', 300],
  ['300', 300],
  [1000, 1000],
  ['GiB', 1_073_741_824],
  ['8mib', null],
  ['8 Mi B', null],
  ['1.2.3M', null],
  ['', null],
  ['-1', null],
  [1.5, null],
  [-1, null],
  [null, null],
  [['1'], null],
  ['1 constructor', null],
])('the size %j is %j bytes', (text, wanted) => {
  expect(parseSize(text)).toBe(wanted);
});

test.each([
  ['100%', { percentOfFree: 100 }],
  ['12.5 %', { percentOfFree: 12.5 }],
  ['1MiB', { bytes: 1_048_576 }],
  ['0%', null],
  ['101%', null],
  ['0', null],
  ['all', null],
])('the size of a partition %j is %j', (text, wanted) => {
  expect(parsePartitionSize(text)).toEqual(wanted);
});

test.each([
  ['8300', '0FC63DAF-8483-4772-8E79-3D69D8477DE4', '83'],
  [8300, '0FC63DAF-8483-4772-8E79-3D69D8477DE4', '83'],
  ['ef00', 'C12A7328-F81F-11D2-BA4B-00A0C93EC93B', 'ef'],
  ['EF02', '21686148-6449-6E6F-744E-656564454649', null],
  ['0x83', null, '83'],
  [0x8e, null, '8e'],
  ['82', '0657FD6D-A4AB-43C4-84E5-0933C84B4F4F', '82'],
  ['0fc63daf-8483-4772-8e79-3d69d8477de4', '0FC63DAF-8483-4772-8E79-3D69D8477DE4', null],
  ['f', null, '0f'],
  ['0', null, null],
  ['swap', null, null],
])('the partition type %j is %j in GPT and %j in MBR', (code, gpt, mbr) => {
  expect([gptType(code), mbrType(code)]).toEqual([gpt, mbr]);
});

test.each([
  [
    ['-E', 'a=1', '-m', '1', '-Eb', '-E', 'c=2'],
    ['-E', 'a=1,b,c=2', '-m', '1'],
  ],
  [
    ['-m', '1', '-E', 'a'],
    ['-m', '1', '-E', 'a'],
  ],
  [
    ['-m', '1'],
    ['-m', '1'],
  ],
  [
    ['-m', '1', '-E'],
    ['-m', '1'],
  ],
])('the words %j become %j, since mke2fs keeps only the last -E', (words, wanted) => {
  expect(mergeExtendedOptions(words)).toEqual(wanted);
});

test('the last of an option counts', () => {
  expect([optionValue(['-i', '1', '-i2'], 'i'), optionValue(['-m', '1'], 'i')]).toEqual(['2', undefined]);
});

test('identifiers follow from seed and name and have the form of their kind', () => {
  expect(deriveUuid('seed', 'a')).toMatch(
    /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  );
  expect(deriveUuid('seed', 'a')).toBe(deriveUuid('seed', 'a'));
  expect(new Set([deriveUuid('seed', 'a'), deriveUuid('seed', 'b'), deriveUuid('see', 'da')]).size).toBe(3);
  expect(deriveSerial('seed', 'a')).toMatch(/^[0-9a-f]{8}$/);
});
