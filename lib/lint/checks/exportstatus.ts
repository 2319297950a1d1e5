// SPDX-License-Identifier: Apache-2.0
import type { LintCheck } from '../lint-check.ts';

/** `export X=$(…)` succeeds whatever the command does. */
export const exportstatus: LintCheck = ({ files }) =>
  files.flatMap(({ path, shell }) =>
    shell.flatMap(({ number, code }) =>
      hidingNames(code).map((name) => ({
        path,
        line: number,
        message: `export hides that the command failed: set ${name} first, then write \`export ${name}\``,
      })),
    ),
  );

/** `$((` only reckons. */
function hidingNames(code: string): readonly string[] {
  const [, list = ''] = /(?:^|[;&|{]\s*|\b(?:then|do|else)\s+)\s*export\s+(.*)$/.exec(code) ?? [];
  const assignments = list.matchAll(/(?:^|\s)(\w+)=(?:"[^"]*?|[^\s;"]*?)(?:\$\((?!\()|`)/g);
  return [...assignments].map(([, name = '']) => name);
}
