// SPDX-License-Identifier: Apache-2.0
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { findProgram } from '../host/gather-facts.ts';
import type { HostFacts } from '../host/gather-facts.ts';
import type { BuildPlan, HostNeed } from '../model/plan.ts';
import type { Problem } from '../model/problem.ts';

/** What this machine lacks for a plan, as far as looking tells. */
export async function checkHost(plan: BuildPlan, facts: HostFacts): Promise<readonly Problem[]> {
  const directories = [...new Set(plan.outputs.map(({ file }) => dirname(file)))];
  const unusable = await Promise.all(directories.map(unusableDirectory));
  return [...unusable.flat(), ...(await missingPrograms(plan.needs, facts))];
}

async function unusableDirectory(directory: string): Promise<readonly Problem[]> {
  const found = await stat(directory).catch(() => null);
  if (found === null) {
    return [
      { message: `-o: the directory ${directory} does not exist`, hints: [`make it: mkdir -p ${directory}`] },
    ];
  }
  if (!found.isDirectory()) return [{ message: `-o: ${directory} is no directory` }];
  const isWritable = await access(directory, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
  return isWritable ? [] : [{ message: `-o: you may not write to the directory ${directory}` }];
}

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
