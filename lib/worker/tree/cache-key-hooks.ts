// SPDX-License-Identifier: Apache-2.0
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isExecutable } from '../../host/file-checks.ts';
import { BuildFailure } from '../../model/failure.ts';
import { refuseWhenStopped } from '../context.ts';
import type { WorkerContext } from '../context.ts';
import { hostEnvironment, shellStatus } from './run-hook.ts';

const DIRECTORY = 'cache-key.d';

/**
 * What the elements' `cache-key.d` scripts print of the world outside, by their names, for the first key. They run at the start of
 * every build, sourced environment.d first like any hook. @throws BuildFailure hook-failed.
 */
export async function readCacheKeys(context: WorkerContext): Promise<Readonly<Record<string, string>>> {
  const printed: Record<string, string> = {};
  for (const script of await scriptsIn(context, DIRECTORY))
    printed[script] = await runScript(context, script);
  return printed;
}

/** The programs in a directory of the merged hooks that is no phase, in the order of their names. */
export async function scriptsIn({ paths }: WorkerContext, name: string): Promise<readonly string[]> {
  const directory = join(paths.hooks, name);
  const names = await readdir(directory).catch(() => []);
  const executable = await Promise.all(names.map((name) => isExecutable(join(directory, name))));
  return names.filter((_, index) => executable[index]).sort();
}

async function runScript(context: WorkerContext, script: string): Promise<string> {
  const { hooks } = context.paths;
  refuseWhenStopped(context);
  const result = await context.host.run({
    argv: [join(hooks, 'run-hook'), hooks, DIRECTORY, script],
    cwd: context.plan.execution.workingDirectory,
    environment: hostEnvironment(context, 'root.d'),
  });
  if (result.exitStatus === 0) return result.stdout;
  const exitStatus = shellStatus(result);
  const hook = { element: '', phase: DIRECTORY, script };
  throw new BuildFailure({ kind: 'hook-failed', ...hook, exitStatus, lastLines: result.lastLines });
}
