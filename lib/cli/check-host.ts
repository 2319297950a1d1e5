// SPDX-License-Identifier: Apache-2.0
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { findProgram } from '../host/gather-facts.ts';
import type { HostFacts } from '../host/gather-facts.ts';
import type { BuildPlan, HostNeed } from '../model/plan.ts';
import type { Problem } from '../model/problem.ts';
import { shellWord } from '../report/describe-failure.ts';

/** What this machine lacks for a plan, as far as looking tells. @param logFile Absolute; null: none is kept. */
export async function checkHost(
  plan: BuildPlan,
  facts: HostFacts,
  logFile: string | null,
): Promise<readonly Problem[]> {
  const directories = [...new Set(plan.outputs.map(({ file }) => dirname(file)))];
  const unusable = await Promise.all([
    ...directories.map((directory) => unusableDirectory('-o', directory)),
    ...(logFile === null ? [] : [unusableLogFile(logFile)]),
  ]);
  return [...unusable.flat(), ...(await missingPrograms(plan.needs, facts))];
}

async function unusableLogFile(path: string): Promise<readonly Problem[]> {
  const found = await stat(path).catch(() => null);
  if (found === null) return unusableDirectory('--logfile', dirname(path));
  if (found.isDirectory()) return [{ message: `--logfile: ${path} is a directory` }];
  return (await allows(path, constants.W_OK)) ? [] : [{ message: `--logfile: you may not write to ${path}` }];
}

async function unusableDirectory(option: string, directory: string): Promise<readonly Problem[]> {
  const found = await stat(directory).catch(() => null);
  if (found === null) {
    const hints = [`make it: mkdir -p ${shellWord(directory)}`];
    return [{ message: `${option}: the directory ${directory} does not exist`, hints }];
  }
  if (!found.isDirectory()) return [{ message: `${option}: ${directory} is no directory` }];
  if (await allows(directory, constants.W_OK | constants.X_OK)) return [];
  return [{ message: `${option}: you may not write to the directory ${directory}` }];
}

const allows = (path: string, mode: number): Promise<boolean> =>
  access(path, mode).then(
    () => true,
    () => false,
  );

async function missingPrograms(needs: readonly HostNeed[], facts: HostFacts): Promise<readonly Problem[]> {
  const found = await Promise.all(needs.map(({ program }) => findProgram(program, facts)));
  const missing = needs.filter((_, index) => found[index] === null);
  return missing.map(({ program, reason }, index) => ({
    message: `the program ${program} is missing on this machine: ${reason}`,
    hints:
      index === missing.length - 1
        ? ['bin/setup installs what is missing; bin/setup --check only reports']
        : [],
  }));
}
