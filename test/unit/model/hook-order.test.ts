// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';

import { compareHookNames } from '../../../lib/model/hook-order.ts';

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
