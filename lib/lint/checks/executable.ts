// SPDX-License-Identifier: Apache-2.0
import type { LintCheck } from '../lint-check.ts';

/** What is to be run can be run. */
export const executable: LintCheck = ({ files }) =>
  files.flatMap(({ path, role, isExecutable }) =>
    isExecutable || (role !== 'hook' && role !== 'program')
      ? []
      : [{ path, line: 1, message: `does not run, since it is not executable: chmod +x ${path}` }],
  );
