// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { buildsAtOnce } from '../../../lib/cli/build-limits.ts';
import { sharedSteps } from '../../../lib/cli/shared-steps.ts';
import type { Step } from '../../../lib/model/plan.ts';
import { GiB, MiB } from '../../../lib/model/brands.ts';
import { elementName } from '../../../lib/model/brands.ts';

const ample = { cores: 8, memoryBytes: 64 * GiB, diskBytes: 500 * GiB };

test.each([
  [ample, 8, '8 cores, memory for 218, disk for 166'],
  [{ ...ample, memoryBytes: 1 * GiB }, 3, '8 cores, memory for 3, disk for 166'],
  [{ ...ample, diskBytes: 7 * GiB }, 2, '8 cores, memory for 218, disk for 2'],
  [{ cores: 4, memoryBytes: 100 * MiB, diskBytes: 0 }, 1, '4 cores, memory for 0, disk for 0'],
])('what is scarcest counts, and one can always be built: %o', (room, count, because) => {
  expect(buildsAtOnce(room)).toEqual({ count, because });
});

const step = (script: string): Step => ({
  kind: 'hook',
  phase: 'install.d',
  element: elementName('x'),
  script,
  runsIn: 'target',
  cached: true,
});

test('builds have the steps in common that they begin with', () => {
  const plan = (arch: string, ...scripts: readonly string[]) => ({ arch, tree: scripts.map(step) });
  expect(sharedSteps(plan('amd64', 'a', 'b', 'c'), plan('amd64', 'a', 'b', 'd', 'c'))).toBe(2);
  expect(sharedSteps(plan('amd64', 'a', 'b'), plan('amd64', 'a', 'b', 'c'))).toBe(2);
  expect(sharedSteps(plan('amd64', 'a'), plan('arm64', 'a'))).toBe(0);
});
