// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { prepareElements } from '../../lib/elements/prepare-elements.ts';
import { hostPath } from '../../lib/model/brands.ts';
import type { BuildPlan } from '../../lib/model/plan.ts';
import { describePlan } from '../../lib/plan/describe-plan.ts';
import { planBuild } from '../../lib/plan/plan-build.ts';
import type { PartialRequest } from '../support/make-request.ts';
import { requestWith } from '../support/make-request.ts';

const elements = join(import.meta.dirname, '../fixtures/elements-plan');
const cases = readdirSync(import.meta.dirname, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

test.each(cases)('%s', async (name) => {
  const text = describePlan(await planOf(name)).replaceAll(elements, '/elements');
  await expect(text).toMatchFileSnapshot(join(import.meta.dirname, name, 'plan.txt'));
});

test('the same request makes the same plan, and nothing in it is lost as JSON', async () => {
  const plan = await planOf('uefi-several-outputs');
  expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
  expect(await planOf('uefi-several-outputs')).toEqual(plan);
});

async function planOf(name: string): Promise<BuildPlan> {
  const given = readFileSync(join(import.meta.dirname, name, 'request.json'), 'utf8');
  const request = requestWith({
    ...(JSON.parse(given) as PartialRequest),
    elementsPath: [hostPath(elements)],
  });
  const plan = planBuild(request, await prepareElements(request), {
    shellLibrary: hostPath('/lib/target'),
    hostCommands: hostPath('/lib/target/host-bin'),
    builder: ['node', '/dist/cli/main.js'],
    toolStamps: {},
  });
  if (!plan.ok) throw new Error(JSON.stringify(plan.problems, null, 2));
  return plan.value;
}
