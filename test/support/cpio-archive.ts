// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';

/** A member as `cpio -itv` lists it. */
export type ListedMember = {
  /** As in `-rwxr-xr-x`. */
  readonly mode: string;
  readonly owner: string;
  /** In bytes; of a device its numbers, as in `5, 1`. */
  readonly size: string;
  /** Of a symbolic link. */
  readonly target: string | null;
};

/** What is in an archive by path, without `./`, in its order. */
export function listCpio(archive: Buffer): ReadonlyMap<string, ListedMember> {
  const lines = cpio(['-itv', '--numeric-uid-gid'], archive).trimEnd().split('\n');
  return new Map(lines.map(readLine));
}

/** Puts the members into a new directory; devices, which only root may make, are left out. */
export function unpackCpio(archive: Buffer, directory: string): void {
  mkdirSync(directory);
  cpio(['-idm', '--no-absolute-filenames', '-f', 'dev/*'], archive, directory);
}

/** Months are words of the language, and the year stands for the hour when it is another. */
const form = /^(\S+) +\d+ (\d+) +(\d+) +(\d+, +\d+|\d+) \w{3} +\d+ +[\d:]+ (.*)$/;

function readLine(line: string): readonly [string, ListedMember] {
  const [, mode = '', user = '', group = '', size = '', rest = ''] = form.exec(line) ?? [];
  if (mode === '') throw new Error(`cpio lists what cannot be read: ${line}`);
  const [path = '', target = null] = mode.startsWith('l') ? rest.split(' -> ') : [rest];
  return [path, { mode, owner: `${user}:${group}`, size: size.replace(/, +/, ', '), target }];
}

function cpio(words: readonly string[], input: Buffer, cwd?: string): string {
  const { status, stdout, stderr, error } = spawnSync('cpio', [...words, '--quiet'], {
    input,
    maxBuffer: Infinity,
    env: { ...process.env, LC_ALL: 'C' },
    ...(cwd === undefined ? {} : { cwd }),
  });
  if (status === 0) return stdout.toString();
  throw new Error(`cpio failed: ${error?.message ?? stderr.toString()}`);
}
