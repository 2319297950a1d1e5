// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';

import { compareHookNames, hookNames } from '../../../lib/model/hook-order.ts';

describe('compareHookNames', () => {
  test('is that of sort -n in the C locale', () => {
    const names = ['b', '10-b', '9-z', '09-a', '99-_', '99-Z', '99-a', '100', 'A', '00-x', '99-ä'];
    expect(names.sort(compareHookNames)).toEqual([
      '00-x',
      'A',
      'b',
      '09-a',
      '9-z',
      '10-b',
      '99-Z',
      '99-_',
      '99-a',
      '99-ä',
      '100',
    ]);
  });
});

describe('hookNames', () => {
  test('are letters, digits, dashes and underlines', () => {
    const names = ['50-x', 'x_Y', '50-x.sh', '50 x', '.x', ''];
    expect(names.filter((name) => hookNames().test(name))).toEqual(['50-x', 'x_Y']);
  });

  test('may be given by classes of characters', () => {
    const names = ['50-x', 'x', '50-x.sh'];
    expect(names.filter((name) => hookNames('^[[:digit:]]+-[[:alpha:].]+$').test(name))).toEqual([
      '50-x',
      '50-x.sh',
    ]);
  });
});
