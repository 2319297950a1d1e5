// SPDX-License-Identifier: Apache-2.0

/** What an element adds to /init of a RAM disk. */
export type InitFragment = {
  /** File name in `init.d`, for example `80-deploy`; `init` for the flat file of that name. */
  readonly name: string;
  readonly element: string;
  /** Relative to the element's directory. */
  readonly path: string;
  readonly text: string;
};

/** What runs /init. The first is whatever the RAM disk has there, as a rule busybox. */
export type InitShell = '/bin/sh' | '/bin/bash';

/** It says so itself, in a first line as scripts have it. What only bash can read is found by asking the shells. */
export const saysBash = ({ text }: Pick<InitFragment, 'text'>): boolean => /^#!.*\bbash\b/.test(text);

/**
 * A fragment as it stands in /init: a function, so that `return` ends it, and so that nothing it leaves open reaches
 * what follows. Its own text begins on the third line.
 */
export const fragmentFunction = (text: string): string =>
  `init_fragment() {\n:\n${text.endsWith('\n') || text === '' ? text : `${text}\n`}:\n}\n`;

/** Lines of `fragmentFunction` before the fragment's own. */
export const linesBeforeFragment = 2;
