// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { formatBytes, formatInstant, formatSpan } from '../../../lib/report/quantities.ts';

test.each([
  [-5, '0.0 s'],
  [49, '0.0 s'],
  [4_249, '4.2 s'],
  [59_949, '59.9 s'],
  [59_950, '1m 00s'],
  [62_400, '1m 02s'],
  [7_384_000, '2h 03m 04s'],
])('%d milliseconds are %s', (milliseconds, words) => {
  expect(formatSpan(milliseconds)).toBe(words);
});

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1536, '1.5 KiB'],
  [327_680_000, '312.5 MiB'],
  [2 ** 31, '2.00 GiB'],
])('%d bytes are %s', (count, words) => {
  expect(formatBytes(count)).toBe(words);
});

test('an instant is told in UTC with milliseconds', () => {
  expect(formatInstant(0)).toBe('1970-01-01 00:00:00.000');
});
