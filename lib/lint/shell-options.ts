// SPDX-License-Identifier: Apache-2.0
import type { LintCheck } from './lint-check.ts';
import { isBuildScript } from './lint-file.ts';
import type { ShellLine } from './shell-lines.ts';

/** An option that every script turns on with `set`. */
export type ShellOption = { readonly letter: string | null; readonly name: string; readonly without: string };

/** A check that scripts which run during a build turn an option on. */
export const requiresOption =
  (option: ShellOption): LintCheck =>
  ({ files }) =>
    files.flatMap((file) => {
      if (!isBuildScript(file) || file.shell.some((line) => turnsOn(option, line))) return [];
      const how = option.letter === null ? `-o ${option.name}` : `-${option.letter}`;
      return [{ path: file.path, line: 1, message: `${option.without}: add \`set ${how}\`` }];
    });

function turnsOn({ letter, name }: ShellOption, { code, number, text }: ShellLine): boolean {
  const [, words] =
    /(?:^|[;&|]\s*)\s*set\s+([^;&|]*)/.exec(code) ?? (number === 1 ? /^#!\S+\s+(.*)/.exec(text) : null) ?? [];
  if (words === undefined) return false;
  const isNamed = new RegExp(String.raw`-\w*o\s+${name}\b`).test(words);
  return isNamed || (letter !== null && new RegExp(String.raw`(^|\s)-\w*${letter}`).test(words));
}
