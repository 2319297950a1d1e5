// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { execa } from 'execa';
import type { Command, CommandResult, Host } from './host.ts';

const KEPT_LINES = 20;

/** Starts real processes. */
export const realHost: Host = {
  run: (command) => (command.onLine === undefined ? runCollecting(command) : runFollowing(command)),
  hash: hashOutput,
  runOnTerminal,
};

async function runCollecting(command: Command): Promise<CommandResult> {
  const [program, ...words] = command.argv;
  const options = { ...optionsOf(command), all: true, stripFinalNewline: false } as const;
  const result = await execa(program, words, options);
  return {
    exitStatus: result.exitCode ?? null,
    signal: result.signal ?? null,
    stdout: result.stdout,
    lastLines:
      result.code === undefined ? lastLines(result.all) : [result.shortMessage ?? 'could not be started'],
  };
}

async function runFollowing(command: Command): Promise<CommandResult> {
  const [program, ...words] = command.argv;
  const kept: string[] = [];
  const running = execa(program, words, { ...optionsOf(command), all: true, buffer: false });
  for await (const line of running.iterable({ from: 'all' })) {
    kept.push(line);
    if (kept.length > KEPT_LINES) kept.shift();
    command.onLine?.(line);
  }
  const result = await running;
  if (result.code !== undefined) kept.push(result.shortMessage ?? 'could not be started');
  return { exitStatus: result.exitCode ?? null, signal: result.signal ?? null, stdout: '', lastLines: kept };
}

async function hashOutput(command: Command): Promise<string> {
  const [program, ...words] = command.argv;
  const hash = createHash('sha256');
  const running = execa(program, words, { ...optionsOf(command), buffer: { stdout: false } });
  for await (const chunk of running.iterable({ from: 'stdout', binary: true })) hash.update(chunk);
  const result = await running;
  if (result.exitCode !== 0) throw new Error(result.shortMessage ?? `${program} failed`);
  return hash.digest('hex');
}

/** A terminal is handed over whole, which is not what execa's streams are for. */
function runOnTerminal(command: Command, terminal: number): Promise<number | null> {
  const [program, ...words] = command.argv;
  return new Promise((resolve) => {
    const shell = spawn(program, words, {
      stdio: [terminal, terminal, terminal],
      cwd: command.cwd,
      env: command.environment,
    });
    shell.once('error', () => resolve(null));
    shell.once('exit', (status) => resolve(status));
  });
}

/** `reject: false`: how a process ended is an answer, not an exception; who asked decides. */
const optionsOf = (command: Command): CommonOptions => ({
  reject: false,
  ...(command.input === undefined ? { stdin: 'ignore' } : { input: command.input }),
  ...(command.signal === undefined ? {} : { cancelSignal: command.signal }),
  ...(command.cwd === undefined ? {} : { cwd: command.cwd }),
  ...(command.environment === undefined ? {} : { env: command.environment, extendEnv: false }),
});

type CommonOptions = {
  readonly reject: false;
  readonly stdin?: 'ignore';
  readonly input?: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly extendEnv?: false;
  readonly cancelSignal?: AbortSignal;
};

function lastLines(text: string): readonly string[] {
  return text.replace(/\n$/, '').split('\n').slice(-KEPT_LINES);
}
