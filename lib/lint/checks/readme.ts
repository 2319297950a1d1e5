// SPDX-License-Identifier: Apache-2.0
import type { LintCheck } from '../lint-check.ts';

/** Every element says what it is for. */
export const readme: LintCheck = ({ files }) =>
  files.some(({ path }) => /^README\.(md|rst)$/.test(path))
    ? []
    : [
        {
          path: 'README.md',
          line: 1,
          message: 'is missing: say what the element does and name its variables',
        },
      ];
