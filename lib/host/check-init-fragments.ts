// SPDX-License-Identifier: Apache-2.0
import type { CommandResult, Host } from './host.ts';
import type { InitFragment, InitShell } from '../model/init-fragment.ts';
import { fragmentFunction, linesBeforeFragment, saysBash } from '../model/init-fragment.ts';
import type { Problem } from '../model/problem.ts';

export type CheckedFragments = {
  /** `/bin/bash` when a fragment needs it: then bash has to be in the RAM disk. */
  readonly shell: InitShell;
  readonly problems: readonly Problem[];
};

/**
 * Has the shells of this machine read each fragment, as it will stand in /init, without running it. One that only bash
 * can read is no problem.
 * @param fileOf Where a fragment lies, for messages.
 */
export async function checkInitFragments(
  host: Host,
  fragments: readonly InitFragment[],
  fileOf: (fragment: InitFragment) => string,
): Promise<CheckedFragments> {
  const answers = await Promise.all(fragments.map((fragment) => checkFragment(host, fragment, fileOf)));
  return {
    shell: answers.some(({ shell }) => shell === '/bin/bash') ? '/bin/bash' : '/bin/sh',
    problems: answers.flatMap(({ problems }) => problems),
  };
}

async function checkFragment(
  host: Host,
  fragment: InitFragment,
  fileOf: (fragment: InitFragment) => string,
): Promise<CheckedFragments> {
  const bySh = saysBash(fragment) ? null : await readBy(host, 'sh', fragment);
  if (bySh?.exitStatus === 0) return { shell: '/bin/sh', problems: [] };
  const byBash = await readBy(host, 'bash', fragment);
  if (byBash.exitStatus === 0) return { shell: '/bin/bash', problems: [] };
  return { shell: '/bin/sh', problems: [problemIn(fragment, fileOf(fragment), bySh ?? byBash)] };
}

const readBy = (host: Host, shell: 'sh' | 'bash', { text }: InitFragment): Promise<CommandResult> =>
  host.run({ argv: [shell, '-n', '-s'], input: fragmentFunction(text) });

/** dash says `sh: 3: Syntax error: …`, bash `bash: line 3: syntax error …`. */
const shellsWords = /^[^:]*: (?:line )?(\d+): (.*)$/;

function problemIn({ element, path, text }: InitFragment, file: string, said: CommandResult): Problem {
  const found = said.lastLines.map((line) => shellsWords.exec(line)).find((match) => match !== null);
  const reason = found?.[2] ?? said.lastLines.join(' ');
  const lines = text.split('\n');
  // What is left open is noticed behind the last line.
  const line = Math.max(1, Math.min(Number(found?.[1] ?? 1) - linesBeforeFragment, lengthOf(lines)));
  return {
    message: `${path} of element \`${element}\` cannot be read by a shell: ${reason}`,
    hints: ['it becomes part of /init in the RAM disk: mend it, or leave the element out'],
    location: { path: file, line, text: lines[line - 1] ?? '' },
  };
}

const lengthOf = (lines: readonly string[]): number =>
  lines.at(-1) === '' ? lines.length - 1 : lines.length;
