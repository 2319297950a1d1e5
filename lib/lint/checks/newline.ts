// SPDX-License-Identifier: Apache-2.0
import type { LintCheck } from '../lint-check.ts';

/** Text files end with a line end: a last line without one is lost to `read`. */
export const newline: LintCheck = ({ files }) =>
  files.flatMap(({ path, text }) =>
    text === null || text === '' || text.endsWith('\n')
      ? []
      : [{ path, line: text.split('\n').length, message: 'the last line has no end: add a newline' }],
  );
