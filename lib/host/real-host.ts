// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import type { Command, CommandResult, Host } from './host.ts';

const KEPT_LINES = 20;
const DAEMON_GRACE_MILLISECONDS = 500;
const STOP_GRACE_MILLISECONDS = 5000;

/**
 * Called with each process that was started; what it returns is called in the moment in which the process has been
 * waited for, before anything else can be.
 */
export type Observe = (command: Command, pid: number) => (ending: ProcessEnding) => void;

export type ProcessEnding = Pick<CommandResult, 'exitStatus' | 'signal'>;

/** Starts real processes. */
export const realHost: Host = observedHost(() => () => undefined);

/** Starts real processes, and tells of them. */
export function observedHost(observe: Observe): Host {
  return {
    run: (command) =>
      command.onLine === undefined ? runCollecting(command, observe) : runFollowing(command, observe),
    hash: (command) => hashOutput(command, observe),
    runOnTerminal: (command, terminal) => runOnTerminal(command, terminal, observe),
  };
}

function tell(observe: Observe, command: Command, running: Pick<ChildProcess, 'pid' | 'once'>): void {
  if (running.pid === undefined) return;
  const ended = observe(command, running.pid);
  running.once('exit', (exitStatus, signal) => ended({ exitStatus, signal }));
}

/** The way of many short tools: with execa's streams each would cost 2 ms of processor time more. */
async function runCollecting(command: Command, observe: Observe): Promise<CommandResult> {
  const running = startCollected(command);
  if (running instanceof Error)
    return { exitStatus: null, signal: null, stdout: '', lastLines: [running.message] };
  tell(observe, command, running);
  const printed: Buffer[] = [];
  const both: Buffer[] = [];
  for (const stream of [running.stdout, running.stderr])
    stream?.on('data', (chunk: Buffer) => both.push(chunk));
  running.stdout?.on('data', (chunk: Buffer) => printed.push(chunk));
  // It may end before it has read all of its input.
  running.stdin?.on('error', () => undefined).end(command.input);
  const { status, error, ...ending } = await closingOf(running);
  return {
    exitStatus: status,
    signal: ending.signal,
    stdout: Buffer.concat(printed).toString(),
    lastLines: error === null ? lastLines(Buffer.concat(both).toString()) : [error],
  };
}

/** Some errors, as that of words that are too long, are thrown; others are told by the process that is none. */
function startCollected({ argv, cwd, environment: env, input, signal }: Command): ChildProcess | Error {
  const [program, ...words] = argv;
  const stdin = input === undefined ? 'ignore' : 'pipe';
  try {
    return spawn(program, words, { stdio: [stdin, 'pipe', 'pipe'], cwd, env, signal });
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** The end of the process and of what it prints. */
function closingOf(running: ChildProcess): Promise<Ending> {
  return new Promise((resolve) => {
    running.on('error', ({ message }) => {
      if (running.pid === undefined) resolve({ status: null, signal: null, error: message });
      // The command's signal has ended it, unless it does not listen.
      else setTimeout(() => running.kill('SIGKILL'), STOP_GRACE_MILLISECONDS).unref();
    });
    running.once('close', (status, signal) => resolve({ status, signal, error: null }));
  });
}

async function runFollowing(command: Command, observe: Observe): Promise<CommandResult> {
  const [program, ...words] = command.argv;
  const kept: string[] = [];
  const keep = (line: string): void => {
    kept.push(line);
    if (kept.length > KEPT_LINES) kept.shift();
    command.onLine?.(line);
  };
  const { execa } = await import('execa');
  const running = execa(program, words, { ...optionsOf(command), buffer: false });
  tell(observe, command, running);
  if (running.pid !== undefined) command.onSession?.(running.pid);
  const read = Promise.all([running.stdout, running.stderr].map((stream) => readLines(stream, keep)));
  running.catch(() => undefined);
  const ended = await endOf(running);
  await Promise.race([read, wait(DAEMON_GRACE_MILLISECONDS, null, { ref: false })]);
  for (const stream of [running.stdout, running.stderr]) stream.destroy();
  if (ended.error !== null) kept.push(ended.error);
  return { exitStatus: ended.status, signal: ended.signal, stdout: '', lastLines: kept };
}

type Ending = {
  readonly status: number | null;
  readonly signal: string | null;
  readonly error: string | null;
};

/** The end of the process itself: a daemon that it left running may hold its streams open for ever. */
function endOf(running: Pick<ChildProcess, 'once'>): Promise<Ending> {
  return new Promise((resolve) => {
    running.once('error', ({ message }) => resolve({ status: null, signal: null, error: message }));
    running.once('exit', (status, signal) => resolve({ status, signal, error: null }));
  });
}

async function readLines(input: Readable, onLine: (line: string) => void): Promise<void> {
  for await (const line of createInterface({ input, crlfDelay: Infinity })) onLine(line);
}

async function hashOutput(command: Command, observe: Observe): Promise<string> {
  const [program, ...words] = command.argv;
  const hash = createHash('sha256');
  const { execa } = await import('execa');
  const running = execa(program, words, { ...optionsOf(command), buffer: { stdout: false } });
  tell(observe, command, running);
  for await (const chunk of running.iterable({ from: 'stdout', binary: true })) hash.update(chunk);
  const result = await running;
  if (result.exitCode !== 0) throw new Error(result.shortMessage ?? `${program} failed`);
  return hash.digest('hex');
}

/** A terminal is handed over whole, which is not what execa's streams are for. */
function runOnTerminal(command: Command, terminal: number, observe: Observe): Promise<number | null> {
  const [program, ...words] = command.argv;
  return new Promise((resolve) => {
    const shell = spawn(program, words, {
      stdio: [terminal, terminal, terminal],
      cwd: command.cwd,
      env: command.environment,
    });
    tell(observe, command, shell);
    shell.once('error', () => resolve(null));
    shell.once('exit', (status) => resolve(status));
  });
}

/** `reject: false`: how a process ended is an answer, not an exception; who asked decides. */
const optionsOf = (command: Command): CommonOptions => ({
  reject: false,
  ...(command.input === undefined ? { stdin: 'ignore' } : { input: command.input }),
  ...(command.signal === undefined ? {} : { cancelSignal: command.signal }),
  ...(command.onSession === undefined ? {} : { detached: true }),
  ...(command.cwd === undefined ? {} : { cwd: command.cwd }),
  ...(command.environment === undefined ? {} : { env: command.environment, extendEnv: false }),
});

type CommonOptions = {
  readonly reject: false;
  readonly stdin?: 'ignore';
  readonly input?: string;
  readonly detached?: true;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly extendEnv?: false;
  readonly cancelSignal?: AbortSignal;
};

function lastLines(text: string): readonly string[] {
  return text.replace(/\n$/, '').split('\n').slice(-KEPT_LINES);
}
