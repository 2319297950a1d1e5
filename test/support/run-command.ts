// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** The checkout. */
export const packageRoot = join(import.meta.dirname, '../..');

export type CommandOutcome = {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
};

export type CommandSurroundings = {
  /** All that the command sees besides PATH and HOME. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly input?: string;
};

/** Runs one of bin/* as a user does, from the last build. The checkout's path is `{root}` in what it prints. */
export function runCommand(
  name: string,
  argv: readonly string[],
  { environment = {}, cwd = packageRoot, input = '' }: CommandSurroundings = {},
): CommandOutcome {
  if (!existsSync(join(packageRoot, 'dist/cli/main.js'))) throw new Error('run `npm run build` first');
  const { status, stdout, stderr } = spawnSync(join(packageRoot, 'bin', name), argv, {
    cwd,
    input,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] ?? '', HOME: '/home/ada', ...environment },
  });
  const portable = (text: string): string => text.replaceAll(packageRoot, '{root}');
  return { status, stdout: portable(stdout), stderr: portable(stderr) };
}
