// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';

import { largestFirst } from '../../../../lib/worker/tree/show-usage.ts';

test('the largest directories come first, as paths of the image', () => {
  const printed = '120\t/w/mnt/etc\n90000\t/w/mnt/usr\n91000\t/w/mnt\n';
  expect(largestFirst(printed, '/w/mnt')).toEqual(['     91000  /', '     90000  /usr', '       120  /etc']);
});
