// SPDX-License-Identifier: Apache-2.0
import type { LintCheck } from '../lint-check.ts';
import { commandsIn } from '../shell-commands.ts';

/** `which` is a program of its own, and not every image has it. */
export const which: LintCheck = ({ files }) =>
  files.flatMap(({ path, shell }) =>
    shell
      .filter(({ code }) => commandsIn(code).some(([first]) => first === 'which'))
      .map(({ number }) => ({ path, line: number, message: 'uses which: write `type -P` or `command -v`' })),
  );
