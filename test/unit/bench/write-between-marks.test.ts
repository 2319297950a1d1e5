// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { replaceBetweenMarks } from '../../bench/write-between-marks.ts';

const text =
  'before\n<!-- a: begin -->\nold\n<!-- a: end -->\nmiddle\n<!-- b: begin -->\nkept\n<!-- b: end -->\n';

test('what stands between the marks of a name goes, all else stays', () => {
  expect(replaceBetweenMarks(text, 'a', 'new')).toBe(
    'before\n<!-- a: begin -->\n\nnew\n\n<!-- a: end -->\nmiddle\n<!-- b: begin -->\nkept\n<!-- b: end -->\n',
  );
});

test('a file without the marks is told', () => {
  expect(() => replaceBetweenMarks(text, 'c', 'new')).toThrow(
    'there is no <!-- c: begin --> … <!-- c: end -->',
  );
});
