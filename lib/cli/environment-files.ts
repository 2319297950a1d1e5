// SPDX-License-Identifier: Apache-2.0
import { resolve } from 'node:path';
import { parse } from 'dotenv';
import type { Problem } from '../model/problem.ts';
import type { ReadText } from './read-text.ts';

/** The variables of the files; a later file wins over an earlier one. */
export function readEnvironmentFiles(
  files: readonly string[],
  workingDirectory: string,
  readText: ReadText,
): { readonly variables: Readonly<Record<string, string>>; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const variables: Record<string, string> = {};
  for (const file of files) {
    const text = readText(resolve(workingDirectory, file));
    if (text.ok) Object.assign(variables, parse(text.value));
    else problems.push(...text.problems.map(({ message }) => ({ message: `--env-file: ${message}` })));
  }
  return { variables, problems };
}
