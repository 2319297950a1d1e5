// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { prepareElements } from '../../../lib/elements/prepare-elements.ts';
import { bytes, GiB, hostPath } from '../../../lib/model/brands.ts';
import type { BuildPlan } from '../../../lib/model/plan.ts';
import { describePlan } from '../../../lib/plan/describe-plan.ts';
import { planBuild } from '../../../lib/plan/plan-build.ts';
import type { PartialRequest } from '../../support/make-request.ts';
import { requestWith } from '../../support/make-request.ts';
import { memoryElementFiles } from '../../support/memory-element-files.ts';

const files = memoryElementFiles({
  '/e/os/element-provides': 'operating-system\n',
  '/e/os/root.d/10-os': '',
  '/e/os/finalise.d/99-end': '',
  '/e/web/block-device-size.d/10-web': '',
  '/e/web/first-boot.d/100-start': '',
  '/e/web/first-boot.d/20-name': '',
  '/e/web/cleanup.d/10-web': '',
});

async function planned(request: PartialRequest): Promise<BuildPlan> {
  const whole = requestWith({
    elements: ['os', 'web'],
    elementsPath: [hostPath('/e')],
    withBase: false,
    ...request,
  });
  const plan = planBuild(whole, await prepareElements(whole, files), {
    shellLibrary: hostPath('/lib'),
    hostCommands: hostPath('/lib'),
    builder: [],
    toolStamps: {},
  });
  if (!plan.ok) throw new Error(JSON.stringify(plan.problems));
  return plan.value;
}

const sectionOf = (plan: BuildPlan, title: string): string | undefined =>
  describePlan(plan)
    .split(/\n\n|\n$/)
    .find((section) => section.startsWith(title));

test('scripts of the first boot are copied in between finalise.d and cleanup.d', async () => {
  const plan = await planned({});
  expect(sectionOf(plan, 'Steps')).toBe(`Steps
  block-device-size.d  on the host, in every build
    10-web  web
  root.d  on the host
    10-os  os
  finalise.d  in the tree
    99-end  os
  first-boot.d  copied in, run once when the image boots
    20-name    web
    100-start  web
  cleanup.d  on the host, in every build
    10-web  web`);
  expect(plan.tree.at(-2)).toEqual({
    kind: 'hook',
    phase: 'first-boot.d',
    element: 'web',
    script: '100-start',
    runsIn: 'guest',
    cached: true,
  });
  expect(sectionOf(plan, 'Notes')).toBeUndefined();
});

test('nobody is asked for a size that the user gives', async () => {
  const plan = await planned({ disk: { size: bytes(5 * GiB) }, environment: { DIB_IMAGE_SIZE: '5' } });
  expect(plan.tree.map(({ phase }) => phase)).not.toContain('block-device-size.d');
  expect(sectionOf(plan, 'Notes')).toBe(`Notes
  block-device-size.d of web is not asked: the image size is given as 5 GB`);
});
