// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import type { Result } from '../model/problem.ts';
import { failed, success } from '../model/problem.ts';

/** Reads a file that an option or variable names; the problem, if any, does not say which one that is. */
export type ReadText = (path: string) => Result<string>;

export const readTextFile: ReadText = (path) => {
  try {
    return success(readFileSync(path, 'utf8'));
  } catch (error) {
    return failed({ message: `cannot read ${path}: ${reasonOf(error)}` });
  }
};

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: 'there is no such file',
    EISDIR: 'it is a directory',
    ENOTDIR: 'part of the path is no directory',
    EACCES: 'you may not read it',
  };
  return reasons[code] ?? String(error);
}
