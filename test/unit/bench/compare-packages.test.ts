// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { comparePackages, readDpkgStatus } from '../../bench/compare-packages.ts';

test('packages that are installed, sorted, without those whose configuration alone is left', () => {
  const status = `Package: zlib1g
Status: install ok installed
Version: 1:1.2.13
Description: says
 Package: not-a-field

Package: gone
Status: deinstall ok config-files
Version: 1

Package: bash
Status: install ok installed
Version: 5.2
`;
  expect(readDpkgStatus(status)).toEqual(['bash 5.2', 'zlib1g 1:1.2.13']);
});

test('two lists of packages', () => {
  expect(comparePackages(['a 1', 'b 2'], ['a 1', 'b 2'])).toBe(
    'both images have the same 2 packages in the same versions',
  );
  expect(comparePackages(['a 1', 'b 2'], ['a 1', 'b 3', 'c 1'])).toBe(
    "the images differ; only Debian's has b 2; only ours has b 3, c 1",
  );
  expect(comparePackages([], ['a 1'])).toBe("the images differ; only Debian's has none; only ours has a 1");
});
