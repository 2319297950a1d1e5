// SPDX-License-Identifier: Apache-2.0
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostPath } from '../../model/brands.ts';
import { realPlace } from '../../ramdisk/base-contents.ts';
import type { WorkerContext } from '../context.ts';
import { withScope } from '../scope.ts';
import { indexModules } from './kernel-modules.ts';
import type { RamdiskTree } from './ramdisk-tree.ts';

/** What modprobe looks modules up in, of those that are there now: hooks may have brought more. */
export async function indexContents(
  context: WorkerContext,
  { kernel, reader }: RamdiskTree,
  directory: HostPath,
): Promise<void> {
  const modules = realPlace(reader, `/lib/modules/${kernel.version}`);
  if (!(await isThere(join(directory, modules)))) return;
  const warn = (text: string): void => context.report({ kind: 'warning', text });
  const staged = { staged: directory, directory: modules, version: kernel.version };
  await withScope(warn, (scope) => indexModules(context, staged, scope));
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
