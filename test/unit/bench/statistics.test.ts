// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { median, slope } from '../../bench/statistics.ts';

test('the median is the middle value, whatever the order', () => {
  expect(median([10, 2, 9])).toBe(9);
  expect(median([4, 1, 3, 100])).toBe(3.5);
  expect(median([7])).toBe(7);
  expect(median([])).toBeNull();
});

test('the slope is that of the line closest to the points', () => {
  expect(
    slope([
      { x: 0, y: 1 },
      { x: 1, y: 4 },
      { x: 2, y: 4 },
      { x: 3, y: 7 },
    ]),
  ).toBeCloseTo(1.8);
  expect(slope([{ x: 1, y: 5 }])).toBeNull();
  expect(
    slope([
      { x: 1, y: 5 },
      { x: 1, y: 6 },
    ]),
  ).toBeNull();
});
