// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { shellStatus } from '../../../../lib/worker/tree/run-hook.ts';

test.each([
  { exitStatus: 0, signal: null, told: 0 },
  { exitStatus: 3, signal: null, told: 3 },
  { exitStatus: null, signal: 'SIGSEGV', told: 139 },
  { exitStatus: null, signal: 'SIGKILL', told: 137 },
  { exitStatus: null, signal: null, told: 127 },
])('$exitStatus and $signal is told as $told', ({ told, ...ended }) => {
  expect(shellStatus(ended)).toBe(told);
});
