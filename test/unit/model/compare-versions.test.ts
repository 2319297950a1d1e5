// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { compareVersions } from '../../../lib/model/compare-versions.ts';

/** As `sort -V` has them. */
const inOrder = [
  'vmlinuz-0-rescue',
  'vmlinuz-4.9',
  'vmlinuz-5.10~rc1',
  'vmlinuz-5.10',
  'vmlinuz-5.10-amd64',
  'vmlinuz-5.10.0-9-amd64',
  'vmlinuz-5.10.0-10-amd64',
  'vmlinuz-5.10.0-10-cloud-amd64',
  'vmlinuz-6',
  'vmlinuz-10',
];

test('any order becomes that of versions', () => {
  expect([...inOrder].reverse().sort(compareVersions)).toEqual(inOrder);
  expect([...inOrder].sort().sort(compareVersions)).toEqual(inOrder);
});

test('only what is the same is equal', () => {
  expect(compareVersions('a-01', 'a-1')).not.toBe(0);
  expect(compareVersions('a-1', 'a-1')).toBe(0);
});
