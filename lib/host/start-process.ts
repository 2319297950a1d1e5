// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';

/** A process that runs beside us, for talks that last: a virtual machine's console. */
export type RunningProcess = {
  readonly write: (text: string) => void;
  readonly kill: () => void;
  /** Never rejects: how a process ended is an answer. */
  readonly exited: Promise<ProcessEnd>;
};

export type ProcessEnd = {
  readonly exitStatus: number | null;
  readonly signal: string | null;
  /** Why it could not be started; null when it was. */
  readonly startError: string | null;
};

export type ProcessListeners = {
  /** Given what the process prints, in pieces as they come, decoded as UTF-8. */
  readonly onData: (text: string) => void;
  readonly onError: (text: string) => void;
  /** Open files that the process inherits as descriptors 3, 4 … */
  readonly files?: readonly number[];
  /** It waits for nothing: no one need see to it that it does not outlive us. */
  readonly endsAtOnce?: boolean;
};

/** Starts a program that the kernel kills when we die, however that happens, unless it ends at once anyway. */
export function startProcess(
  argv: readonly [string, ...string[]],
  { onData, onError, files = [], endsAtOnce = false }: ProcessListeners,
): RunningProcess {
  const bound = ['setpriv', '--pdeathsig', 'KILL', '--', ...argv];
  const [program = '', ...words] = endsAtOnce ? argv : bound;
  const child = spawn(program, words, { stdio: ['pipe', 'pipe', 'pipe', ...files] });
  child.stdout?.setEncoding('utf8').on('data', onData);
  child.stderr?.setEncoding('utf8').on('data', onError);
  // Writing to a process that has just ended is no error of ours: `exited` tells of the end.
  child.stdin?.on('error', () => undefined);
  return {
    write: (text) => void child.stdin?.write(text),
    kill: () => void child.kill('SIGKILL'),
    exited: endOf(child),
  };
}

function endOf(child: ChildProcess): Promise<ProcessEnd> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ exitStatus: null, signal: null, startError: error.message }));
    child.once('close', (exitStatus, signal) => resolve({ exitStatus, signal, startError: null }));
  });
}
