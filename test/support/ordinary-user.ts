// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';

/** Who runs a command. */
export type Person = { readonly name: string; readonly uid: number; readonly gid: number };

export const root: Person = { name: 'root', uid: 0, gid: 0 };

/** An account made for a test run, with the ranges of subordinate ids that useradd(8) gives every new account. */
export function addOrdinaryUser(): Person {
  const name = `dib-test-${process.pid}`;
  succeed('useradd', ['--home-dir', '/nonexistent', '--shell', '/bin/sh', '--user-group', name]);
  const idOf = (option: string): number => Number(succeed('id', [option, name]));
  return { name, uid: idOf('--user'), gid: idOf('--group') };
}

export function removeOrdinaryUser({ name }: Person): void {
  succeed('userdel', [name]);
}

/** @returns what the program printed. */
export function succeed(program: string, argv: readonly string[], input = ''): string {
  const path = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`;
  const result = spawnSync(program, argv, {
    input,
    encoding: 'utf8',
    maxBuffer: Infinity,
    env: { ...process.env, PATH: path },
  });
  if (result.status === 0) return result.stdout;
  throw new Error(`${program} ${argv.join(' ')} failed: ${result.error?.message ?? result.stderr}`);
}
