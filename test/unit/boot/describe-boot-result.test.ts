// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import type { BootResult } from '../../../lib/boot/boot-test.ts';
import { describeBootResult } from '../../../lib/boot/describe-boot-result.ts';

const good: BootResult = {
  image: 'a.qcow2',
  firmware: 'bios',
  accelerator: 'tcg',
  passed: true,
  reason: null,
  bootMilliseconds: 14_230,
  script: null,
  lastLines: ['x login:'],
};

test('one paragraph for each boot; only a failed one shows the console', () => {
  const boots: readonly BootResult[] = [
    good,
    { ...good, firmware: 'uefi', script: { exitStatus: 0, output: 'hello\n\nworld\n' } },
    {
      ...good,
      passed: false,
      reason: 'the script ended with exit status 3',
      script: { exitStatus: 3, output: '' },
    },
    {
      ...good,
      passed: false,
      reason: 'the kernel panicked',
      bootMilliseconds: null,
      lastLines: ['one', 'Kernel panic'],
    },
    { ...good, passed: false, reason: 'no login prompt within 5 s', bootMilliseconds: null, lastLines: [] },
  ];
  expect(describeBootResult({ passed: false, boots })).toBe(
    [
      'passed  a.qcow2 (BIOS, TCG): up after 14.2 s',
      'passed  a.qcow2 (UEFI, TCG): up after 14.2 s',
      '  The script: exit status 0',
      '    hello',
      '',
      '    world',
      'FAILED  a.qcow2 (BIOS, TCG): the script ended with exit status 3; up after 14.2 s',
      '  The script: exit status 3, no output',
      '  The last lines on the serial console:',
      '    x login:',
      'FAILED  a.qcow2 (BIOS, TCG): the kernel panicked',
      '  The last lines on the serial console:',
      '    one',
      '    Kernel panic',
      'FAILED  a.qcow2 (BIOS, TCG): no login prompt within 5 s',
      '  The serial console stayed empty.',
      '',
    ].join('\n'),
  );
});
