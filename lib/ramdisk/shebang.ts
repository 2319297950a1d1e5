// SPDX-License-Identifier: Apache-2.0

/** The first line of a script: `#!`, a path, and at most one argument, blanks in it included. */
export type Shebang = { readonly interpreter: string; readonly argument: string };

/** Null: the file begins as no script. */
export function readShebang(bytes: Uint8Array): Shebang | null {
  const [line = ''] = Buffer.from(bytes)
    .toString()
    .split(/[\n\0]/);
  const [, interpreter, argument = ''] = /^#![ \t]*([^ \t]+)[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
  return interpreter === undefined ? null : { interpreter, argument };
}

/** What a script needs to run: its interpreter, and the program that `env` looks for, a name or a path. */
export function interpretersOf({ interpreter, argument }: Shebang): readonly string[] {
  const program = interpreter.endsWith('/env') ? programOfEnv(argument) : null;
  return program === null ? [interpreter] : [interpreter, program];
}

/** `python3` of `-S LANG=C python3 -u`: the first word that is neither an option nor a variable. */
const programOfEnv = (argument: string): string | null =>
  argument.split(/[ \t]+/).find((word) => word !== '' && !word.startsWith('-') && !word.includes('=')) ??
  null;
