// SPDX-License-Identifier: Apache-2.0
import type { LintCheck } from '../lint-check.ts';

/** There are no tabs in shell; here-documents may need them. */
export const tabs: LintCheck = ({ files }) =>
  files.flatMap(({ path, shell }) =>
    shell.flatMap(({ number, text, isData }) =>
      isData || !text.includes('\t')
        ? []
        : [{ path, line: number, message: String.raw`has a tab: use spaces, or \t between $'…'` }],
    ),
  );
