// SPDX-License-Identifier: Apache-2.0
import type { LintCheck } from '../lint-check.ts';

/** `export X=$(…)` succeeds whatever the command does. */
export const exportstatus: LintCheck = ({ files }) =>
  files.flatMap(({ path, shell }) =>
    shell.flatMap(({ number, code }) => {
      const [, name] = /(?:^|[;&|]\s*|\s)export\s+(\w+)=["']?[^\s;]*(?:\$\((?!\()|`)/.exec(code) ?? [];
      if (name === undefined) return [];
      const message = `export hides that the command failed: set ${name} first, then write \`export ${name}\``;
      return [{ path, line: number, message }];
    }),
  );
