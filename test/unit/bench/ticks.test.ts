// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { ticksUpTo } from '../../bench/growth/ticks.ts';

test.each([
  [3, 5, [0, 1, 2, 3]],
  [120, 5, [0, 25, 50, 75, 100, 125]],
  [0.3, 5, [0, 0.1, 0.2, 0.3]],
  [1, 5, [0, 0.2, 0.4, 0.6, 0.8, 1]],
  [500, 5, [0, 100, 200, 300, 400, 500]],
  [0.0007, 5, [0, 0.0002, 0.0004, 0.0006, 0.0008]],
  [0, 5, [0, 0.2]],
])('ticks up to %d in about %d steps', (greatest, count, ticks) => {
  expect(ticksUpTo(greatest, count)).toEqual(ticks);
});
