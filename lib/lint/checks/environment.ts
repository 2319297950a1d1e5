// SPDX-License-Identifier: Apache-2.0
import type { LintCheck } from '../lint-check.ts';

/** Files of environment.d are sourced, not run, and leave the options of the shell alone. */
export const environment: LintCheck = ({ files }) =>
  files
    .filter(({ role }) => role === 'environment')
    .flatMap(({ path, isExecutable, shell }) => [
      ...(isExecutable
        ? [{ path, line: 1, message: `is sourced, but it is executable: chmod -x ${path}` }]
        : []),
      ...shell
        .filter(({ code }) => /(^|[;&|]\s*|\b(?:then|do|else)\s+)\s*set\s+[-+]/.test(code))
        .map(({ number }) => ({
          path,
          line: number,
          message: 'changes the options of the shell that sources it: take `set` out',
        })),
    ]);
