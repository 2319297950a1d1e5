// SPDX-License-Identifier: Apache-2.0
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { compareHookNames, hookNames } from '../../model/hook-order.ts';
import type { PhaseName } from '../../model/phases.ts';
import type { WorkerContext } from '../context.ts';
import type { FoundHook } from './run-hook.ts';

/**
 * The hooks of a phase as the merged directory has them now: extra-data.d may have added some that no plan can know
 * (install types link theirs into install.d). Order and names as dib-contract §2.4 says.
 */
export async function hooksOfPhase(context: WorkerContext, phase: PhaseName): Promise<readonly FoundHook[]> {
  const directory = join(context.paths.hooks, phase);
  const names = await readdir(directory).catch(() => []);
  const pattern = hookNames(context.plan.environment['RUN_PARTS_REGEX']);
  const scripts: string[] = [];
  for (const name of names) {
    if (pattern.test(name) && (await isExecutableFile(join(directory, name)))) scripts.push(name);
  }
  return scripts
    .sort(compareHookNames)
    .map((script) => ({ phase, script, element: elementOf(context, phase, script) }));
}

const isExecutableFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (status) => status.isFile() && (status.mode & 0o111) !== 0,
    () => false,
  );

/** Empty for a hook that another hook put there. */
function elementOf({ plan }: WorkerContext, phase: PhaseName, script: string): string {
  const planned = plan.tree.find(
    (step) => step.kind === 'hook' && step.phase === phase && step.script === script,
  );
  return planned?.kind === 'hook' ? planned.element : '';
}
