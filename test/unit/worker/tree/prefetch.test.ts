// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { elementName } from '../../../../lib/model/brands.ts';
import type { PlannedPackages } from '../../../../lib/model/plan.ts';
import type { PhaseName } from '../../../../lib/model/phases.ts';
import { callsAfter } from '../../../../lib/worker/tree/prefetch.ts';

const planned = (phase: PhaseName, name: string, ...install: string[]): PlannedPackages => ({
  phase,
  element: elementName(name),
  install,
  uninstall: [],
});

const plan = {
  packages: [
    planned('pre-install.d', 'a', 'early'),
    planned('install.d', 'a', 'one'),
    planned('install.d', 'b', 'two', 'three'),
    planned('post-install.d', 'b', 'late'),
    planned('post-install.d', 'c'),
  ],
  tree: [{ kind: 'packages', phase: 'install.d', install: ['asked', 'for'] }],
} as const;

test.each<[PhaseName, string, readonly (readonly string[])[]]>([
  ['root.d', 'a', [['early'], ['one', 'two', 'three'], ['asked', 'for'], ['late']]],
  ['pre-install.d', 'a', [['one', 'two', 'three'], ['asked', 'for'], ['late']]],
  ['install.d', 'a', [['asked', 'for'], ['late']]],
  ['install.d', '', [['late']]],
  ['post-install.d', 'b', []],
  ['finalise.d', 'b', []],
])('packages to come when a step of %s, of the element "%s", is about to run', (phase, element, calls) => {
  expect(callsAfter(plan, { phase, element })).toEqual(calls);
});

test('nothing is to come when nobody asks for anything', () => {
  expect(callsAfter({ packages: [], tree: [] }, { phase: 'root.d', element: 'a' })).toEqual([]);
});
