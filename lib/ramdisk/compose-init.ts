// SPDX-License-Identifier: Apache-2.0
import type { InitFragment, InitShell } from '../model/init-fragment.ts';
import { fragmentFunction } from '../model/init-fragment.ts';

export type InitParts = {
  /** The text of `init` and of `init-end` of lib/target/scripts. */
  readonly prologue: string;
  readonly epilogue: string;
  readonly fragments: readonly Omit<InitFragment, 'path'>[];
  readonly shell: InitShell;
};

/**
 * The text of /init. Each fragment runs between two functions of the RAM disk's init-func: they know which it is when it
 * fails, and undo what it has set for the shell. `populate_init` of lib/target/ramdisk-functions does the same in a tree.
 */
export const composeInit = ({ prologue, epilogue, fragments, shell }: InitParts): string =>
  [
    `#!${shell}\n`,
    withoutShebang(prologue),
    ...fragments.map(composeFragment),
    withoutShebang(epilogue),
  ].join('');

const composeFragment = ({ name, element, text }: Omit<InitFragment, 'path'>): string =>
  `# init fragment ${name} from ${element}\n` +
  fragmentFunction(text) +
  `begin_init_fragment ${quoted(name)} ${quoted(element)}\ninit_fragment\nend_init_fragment "$?"\n`;

const withoutShebang = (text: string): string => text.replace(/^#!.*\n/, '');

const quoted = (word: string): string => `'${word.replaceAll("'", String.raw`'\''`)}'`;
