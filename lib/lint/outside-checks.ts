// SPDX-License-Identifier: Apache-2.0
import { isPython } from './lint-file.ts';
import type { LintElement } from './lint-tree.ts';

/** A check that another program makes. Who has the program runs it; this says how and reads what it answers. */
export type OutsideCheck = {
  readonly program: string;
  /** What is not looked at without it. */
  readonly looksAt: string;
  /** Paths, relative to the element's directory, of the files that it is to read. */
  readonly files: (element: LintElement) => readonly string[];
  readonly argv: (files: readonly string[]) => readonly [string, ...string[]];
  readonly read: (output: string) => readonly OutsideRemark[];
};

export type OutsideRemark = { readonly file: string; readonly line: number; readonly message: string };

/** Expansions that are split into words or matched with files, though nobody said that they should be. */
const quotingRules = ['SC2046', 'SC2048', 'SC2068', 'SC2086', 'SC2206', 'SC2231'];

/** By the name that `dib-lint: disable=` takes. */
export const outsideChecks = {
  unquoted: {
    program: 'shellcheck',
    looksAt: 'unquoted variables',
    files: ({ files }) =>
      files.filter(({ shell, role }) => shell.length > 0 && role !== 'other').map(({ path }) => path),
    argv: (files) => [
      'shellcheck',
      '--shell=bash',
      '--format=json1',
      `--include=${quotingRules.join()}`,
      '--',
      ...files,
    ],
    read: readShellcheck,
  },
  flake8: {
    program: 'flake8',
    looksAt: 'mistakes in Python',
    files: ({ files }) => files.filter(isPython).map(({ path }) => path),
    argv: (files) => ['flake8', '--max-line-length=110', '--', ...files],
    read: readFlake8,
  },
} as const satisfies Record<string, OutsideCheck>;

type ShellcheckAnswer = {
  readonly comments: readonly {
    readonly file: string;
    readonly line: number;
    readonly code: number;
    readonly message: string;
  }[];
};

function readShellcheck(output: string): readonly OutsideRemark[] {
  const { comments } = JSON.parse(output) as ShellcheckAnswer;
  return comments.map(({ file, line, code, message }) => ({
    file,
    line,
    message: `${message.replace(/\.$/, '')} (SC${code})`,
  }));
}

function readFlake8(output: string): readonly OutsideRemark[] {
  return [...output.matchAll(/^(.+?):(\d+):\d+: (.*)$/gm)].map(([, file = '', line, message = '']) => ({
    file,
    line: Number(line),
    message,
  }));
}
