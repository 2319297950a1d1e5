// SPDX-License-Identifier: Apache-2.0
import type { LintCheck } from '../lint-check.ts';
import type { LintFile } from '../lint-file.ts';

/** What is run during a build says by what, and shell is bash at its usual place. */
export const shebang: LintCheck = ({ files }) =>
  files.flatMap((file) => {
    const message = complaint(file);
    return message === null ? [] : [{ path: file.path, line: 1, message }];
  });

function complaint({ role, interpreter, shell, text, isExecutable }: LintFile): string | null {
  if ((role !== 'hook' && role !== 'program') || text === null) return null;
  if (interpreter === null) {
    return isExecutable ? 'does not say what runs it: begin with #!/bin/bash' : null;
  }
  if (shell.length === 0 || interpreter === '/bin/bash') return null;
  return `begins with #!${interpreter}: write #!/bin/bash`;
}
