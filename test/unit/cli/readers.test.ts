// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import * as read from '../../../lib/cli/readers.ts';

const accepted = <T>(value: T): { readonly value: T } => ({ value });

describe('sizes', () => {
  test.each([
    ['5', 5 * 2 ** 30],
    ['2.5', 2.5 * 2 ** 30],
    ['.5', 2 ** 29],
    ['0.1', 104_857 * 1024],
  ])('%s GB is %i bytes, in whole KiB', (text, bytes) => {
    expect(read.gigabytes(text)).toEqual(accepted(bytes));
  });

  test.each(['', '0', '-1', '1e3', 'big', '5G', '1,5', 'Infinity', '9999999999'])('%s is no size', (text) => {
    expect(read.gigabytes(text)).toEqual({
      refused: `"${text}" is not a size in GB`,
      hints: ['give a number of GB above 0, as in 3 or 2.5'],
    });
  });

  test('extra room is in MB', () => {
    expect(read.megabytes('1.5')).toEqual(accepted(1536 * 1024));
  });

  test('a journal is in whole MB', () => {
    expect(read.wholeMegabytes('64')).toEqual(accepted(64 * 2 ** 20));
    expect(read.wholeMegabytes('6.4')).toEqual({
      refused: '"6.4" is not a size in MB',
      hints: ['give a whole number of MB, as in 64'],
    });
  });

  test('the room for work in memory may be nothing', () => {
    expect(read.gigabytesOrNone('0')).toEqual(accepted(0));
    expect(read.gigabytesOrNone('0.5')).toEqual(accepted(2 ** 29));
    expect(read.gigabytesOrNone('x')).toMatchObject({ refused: '"x" is not a size in GB' });
  });
});

describe('lengths of time', () => {
  test.each([
    ['90', 90],
    ['90s', 90],
    ['5m', 300],
    ['12h', 43_200],
    ['7d', 604_800],
    ['2W', 1_209_600],
    ['0', null],
  ])('%s', (text, seconds) => {
    expect(read.duration(text)).toEqual(accepted(seconds));
  });

  test.each(['', 'h', '1y', '-5', '1.5h'])('%s is none', (text) => {
    expect(read.duration(text)).toEqual({
      refused: `"${text}" is not a length of time`,
      hints: ['give seconds, or a number and s, m, h, d or w, as in 12h'],
    });
  });
});

describe('yes and no', () => {
  test.each(['1', 'true', 'True', 'yes', 'on'])('%s is yes', (text) => {
    expect(read.yesOrNo(text)).toEqual(accepted(true));
  });
  test.each(['', '0', 'false', 'No', 'off'])('"%s" is no', (text) => {
    expect(read.yesOrNo(text)).toEqual(accepted(false));
  });
  test('anything else is told of', () => {
    expect(read.yesOrNo('maybe')).toEqual({
      refused: '"maybe" is neither yes nor no',
      hints: ['give 1 or 0'],
    });
  });
});

describe('checksums', () => {
  test.each([
    ['0', []],
    ['', []],
    ['1', ['md5', 'sha256']],
    ['md5', ['md5']],
    ['sha256', ['sha256']],
    ['sha256,md5', ['md5', 'sha256']],
  ])('%s', (text, kinds) => {
    expect(read.checksums(text)).toEqual(accepted(kinds));
  });
  test('an unknown kind', () => {
    expect(read.checksums('sha265,crc')).toEqual({
      refused: '"sha265", "crc" is no kind of checksum',
      hints: ['did you mean sha256?', 'give md5, sha256, or 1 for both'],
    });
  });
});

describe('breakpoints', () => {
  test('phases come back with their .d', () => {
    expect(read.breakpoints('before-root,after-install.d, after-error')).toEqual(
      accepted(['before-root.d', 'after-install.d', 'after-error']),
    );
  });
  test('an unknown phase', () => {
    expect(read.breakpoints('before-instal,1')).toEqual({
      refused: '"before-instal", "1" is no point of a build',
      hints: [
        'did you mean before-install?',
        'give before-PHASE, after-PHASE or after-error, with commas between',
      ],
    });
  });
});

describe('words', () => {
  test.each([
    ['', []],
    ['-s size=4096', ['-s', 'size=4096']],
    [`-L 'my label' -U "a \\"b\\" c"`, ['-L', 'my label', '-U', 'a "b" c']],
    [String.raw`a\ b  c\'d`, ['a b', "c'd"]],
    [`x'y z'"w"`, ['xy zw']],
    [`'' ""`, ['', '']],
  ])('%s', (text, words) => {
    expect(read.words(text)).toEqual(accepted(words));
  });
  test.each([`-L 'my`, `"`, `a"b`])('%s is not closed', (text) => {
    expect(read.words(text)).toEqual({
      refused: `"${text}" has a quotation mark that is never closed`,
      hints: ['close it, or put a \\ before it'],
    });
  });
});

test('one of a few words', () => {
  const reader = read.oneOf(['zlib', 'zstd'], { gzip: 'zlib' });
  expect(reader('zstd')).toEqual(accepted('zstd'));
  expect(reader('gzip')).toEqual(accepted('zlib'));
  expect(reader('zlb')).toEqual({ refused: '"zlb" is not one of zlib, zstd', hints: ['did you mean zlib?'] });
});
