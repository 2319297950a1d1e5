// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { realHost } from '../../lib/host/real-host.ts';

const { run } = realHost;
const bash = (script: string) => ['bash', '-c', script] as const;

test('what a tool prints is collected: standard output whole, the last lines of all', async () => {
  const result = await run({ argv: bash('echo größer; echo trouble >&2; sleep 0.1; seq 30; exit 3') });
  const numbers = Array.from({ length: 30 }, (_, index) => String(index + 1));
  expect(result).toEqual({
    exitStatus: 3,
    signal: null,
    stdout: `größer\n${numbers.join('\n')}\n`,
    lastLines: numbers.slice(-20),
  });
});

test('a tool sees the environment and the directory it is given, and its input', async () => {
  const environment = { PATH: process.env['PATH'] ?? '', WORD: 'given' };
  const argv = bash('cat; echo "$WORD ${HOME:-nothing}"; pwd');
  const result = await run({ argv, environment, cwd: '/usr', input: 'read\n' });
  expect(result.stdout).toBe('read\ngiven nothing\n/usr\n');
});

test('a tool need not read its input', async () => {
  const input = 'x'.repeat(1024 * 1024);
  expect(await run({ argv: ['true'], input })).toMatchObject({ exitStatus: 0, lastLines: [''] });
});

test.each([
  ['a program that is not there', ['no-such-program'] as const, 'spawn no-such-program ENOENT'],
  ['words that are too long', ['true', 'x'.repeat(4 * 1024 * 1024)] as const, 'spawn E2BIG'],
])('%s is no exception', async (_, argv, message) => {
  expect(await run({ argv })).toEqual({ exitStatus: null, signal: null, stdout: '', lastLines: [message] });
});

test('a tool that is stopped ends, also one that does not listen', async () => {
  const stopOf = (milliseconds: number) => AbortSignal.timeout(milliseconds);
  const obedient = await run({ argv: ['sleep', '60'], signal: stopOf(100) });
  expect(obedient).toMatchObject({ exitStatus: null, signal: 'SIGTERM' });
  const deaf = await run({
    argv: bash('trap "" TERM; while :; do read -t 60 <> <(:); done'),
    signal: stopOf(300),
  });
  expect(deaf).toMatchObject({ exitStatus: null, signal: 'SIGKILL' });
}, 20_000);
