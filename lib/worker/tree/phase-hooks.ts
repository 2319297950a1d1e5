// SPDX-License-Identifier: Apache-2.0
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { compareHookNames, hookNames } from '../../model/hook-order.ts';
import type { PhaseName } from '../../model/phases.ts';
import type { BuildPlan } from '../../model/plan.ts';
import type { WorkPaths } from '../context.ts';
import type { FoundHook } from './run-hook.ts';

/** Where the hooks lie, and what was planned of them. */
export type MergedHooks = {
  readonly paths: Pick<WorkPaths, 'hooks'>;
  readonly plan: Pick<BuildPlan, 'tree' | 'elements' | 'environment'>;
};

/**
 * The hooks of a phase as the merged directory has them now: extra-data.d may have added some that no plan can know
 * (install types link theirs into install.d). Order and names as dib-contract §2.4 says.
 */
export async function hooksOfPhase(context: MergedHooks, phase: PhaseName): Promise<readonly FoundHook[]> {
  const directory = join(context.paths.hooks, phase);
  const names = await readdir(directory).catch(() => []);
  const pattern = hookNames(context.plan.environment['RUN_PARTS_REGEX']);
  const scripts: string[] = [];
  for (const name of names) {
    if (pattern.test(name) && (await isExecutableFile(join(directory, name)))) scripts.push(name);
  }
  const hooks: FoundHook[] = [];
  for (const script of scripts.sort(compareHookNames)) {
    hooks.push({ phase, script, element: await elementOf(context, phase, script) });
  }
  return hooks;
}

const isExecutableFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (status) => status.isFile() && (status.mode & 0o111) !== 0,
    () => false,
  );

/** Empty for a hook that another hook wrote. One that is linked from elsewhere belongs to the element that brought it there. */
async function elementOf({ paths, plan }: MergedHooks, phase: PhaseName, script: string): Promise<string> {
  const planned = plan.tree.find(
    (step) => step.kind === 'hook' && step.phase === phase && step.script === script,
  );
  if (planned?.kind === 'hook') return planned.element;
  const path = relative(await realpath(paths.hooks), await realpath(join(paths.hooks, phase, script)));
  for (const { name, directory } of plan.elements) {
    if (await isExecutableFile(join(directory, path))) return name;
  }
  return '';
}
