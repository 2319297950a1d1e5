// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { describePairs } from '../../bench/ramdisk/describe-pairs.ts';

const boot = (name: string, initSeconds: number, readySeconds: number) => ({
  name,
  kernelBytes: 7 * 1024 * 1024,
  ramdiskBytes: 12.34 * 1024 * 1024,
  initSeconds,
  readySeconds,
});

test('a row for each pair that was booted, with medians', () => {
  const run = {
    machine: ['- processor: 2 cores'],
    memoryMebibytes: 512,
    boots: [boot('b', 3, 9), boot('a', 1, 2), boot('a', 3, 2.5), boot('a', 1.5, 2.25)],
  };
  const kinds = [
    { name: 'a', title: 'A' },
    { name: 'none', title: 'never booted' },
    { name: 'b', title: 'B' },
  ];
  expect(describePairs(run, kinds)).toEqual([
    '- processor: 2 cores',
    '- virtual machine: QEMU without KVM, 512 MiB',
    '',
    '|  | kernel MiB | RAM disk MiB | /init begins s | ready s | boots |',
    '| --- | ---: | ---: | ---: | ---: | ---: |',
    '| A | 7.0 | 12.3 | 1.50 | 2.25 | 3 |',
    '| B | 7.0 | 12.3 | 3.00 | 9.00 | 1 |',
  ]);
});
