// SPDX-License-Identifier: Apache-2.0
import type { LintCheck } from '../lint-check.ts';

/** Shell is indented by four spaces. */
export const indent: LintCheck = ({ files }) =>
  files.flatMap(({ path, shell }) =>
    shell.flatMap(({ number, text, isContinued }) => {
      const width = /^ */.exec(text)?.[0].length ?? 0;
      if (isContinued || text.trim() === '' || width % 4 === 0) return [];
      return [{ path, line: number, message: `is indented by ${width} spaces: use four for each level` }];
    }),
  );
