// SPDX-License-Identifier: Apache-2.0
import type { Host } from './host.ts';
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
  const bySh = saysBash(fragment) ? null : await complaintOf(host, 'sh', fragment);
  if (bySh === 'none') return { shell: '/bin/sh', problems: [] };
  const byBash = await complaintOf(host, 'bash', fragment);
  if (byBash === 'none') return { shell: '/bin/bash', problems: [] };
  return { shell: '/bin/sh', problems: [problemIn(fragment, fileOf(fragment), bySh ?? byBash)] };
}

/** What a shell says; lines count from the fragment's first, and may lie behind its last. */
type Complaint = { readonly line: number; readonly reason: string };

/** By itself it tells the right line; in its place, whether it would take in what follows it. */
async function complaintOf(host: Host, shell: string, { text }: InitFragment): Promise<Complaint | 'none'> {
  for (const { input, offset } of [
    { input: text, offset: 0 },
    { input: fragmentFunction(text), offset: linesBeforeFragment },
  ]) {
    const { exitStatus, lastLines } = await host.run({ argv: [shell, '-n', '-s'], input });
    if (exitStatus !== 0) return complaintIn(lastLines, offset);
  }
  return 'none';
}

/** dash says `sh: 3: Syntax error: …`, bash `bash: line 3: syntax error …`. */
const shellsWords = /^[^:]*: (?:line )?(\d+): (.*)$/;

function complaintIn(lines: readonly string[], offset: number): Complaint {
  const found = lines.map((line) => shellsWords.exec(line)).find((match) => match !== null);
  return { line: Number(found?.[1] ?? 1) - offset, reason: found?.[2] ?? lines.join(' ') };
}

function problemIn({ element, path, text }: InitFragment, file: string, complaint: Complaint): Problem {
  const lines = text.replace(/\n$/, '').split('\n');
  // What is left open is noticed behind the last line.
  const line = Math.max(1, Math.min(complaint.line, lines.length));
  return {
    message: `${path} of element \`${element}\` cannot be read by a shell: ${complaint.reason}`,
    hints: ['it becomes part of /init in the RAM disk: mend it, or leave the element out'],
    location: { path: file, line, text: lines[line - 1] ?? '' },
  };
}
