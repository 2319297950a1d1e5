// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { cutToWidth, displayWidth, settledLine } from '../../../lib/report/fit-width.ts';

test('a line settles to what a terminal would show of it', () => {
  expect(settledLine('10%\r50%\r\u001b[32m100%\u001b[0m\tdone\u0007  ')).toBe('100%  done');
});

test.each([
  ['plain', 5],
  ['日本', 4],
  ['e\u0301', 1],
  ['\u001b[31mred\u001b[0m', 3],
  ['🎉', 2],
])('%s takes %d columns', (text, width) => {
  expect(displayWidth(text)).toBe(width);
});

test.each([
  ['plain', 5, 'plain'],
  ['plain', 4, 'pla…'],
  ['日本語', 4, '日…'],
  ['plain', 0, ''],
])('%s cut to %d columns is %s', (text, columns, cut) => {
  expect(cutToWidth(text, columns)).toBe(cut);
});
