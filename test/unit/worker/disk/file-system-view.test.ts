// SPDX-License-Identifier: Apache-2.0
import { lstatSync, readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { targetPath } from '../../../../lib/model/brands.ts';
import { openView } from '../../../../lib/worker/disk/file-system-view.ts';
import { workerRig } from '../../../support/worker-rig.ts';

test('a file system that the tree has nothing for is empty, with the usual mode', async () => {
  const { context, tree, close } = await workerRig({});
  const mountPoint = targetPath('/.nowhere');
  const view = await openView(context, { tree, mountPoint, mountPoints: [targetPath('/')] }, context.scope);
  expect(readdirSync(view.directory)).toEqual([]);
  expect(lstatSync(view.directory).mode & 0o777).toBe(0o755);
  await close();
});
