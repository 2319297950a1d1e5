// SPDX-License-Identifier: Apache-2.0
import type { HostPath } from '../model/brands.ts';

/** The one way to start a process. Words stay words from end to end; nothing goes through a shell. */
export type Host = {
  readonly run: (command: Command) => Promise<CommandResult>;
  /**
   * SHA-256, hex, of what a command writes to standard output.
   * @throws Error when the command fails.
   */
  readonly hash: (command: Command) => Promise<string>;
  /**
   * Gives a command the terminal: its three standard streams are the file descriptor.
   * @returns the exit status, null after a signal.
   */
  readonly runOnTerminal: (command: Command, terminal: number) => Promise<number | null>;
};

export type Command = {
  readonly argv: readonly [string, ...string[]];
  readonly cwd?: HostPath | string;
  /** The whole environment of the process; left out: that of the caller. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** Called for each line of standard output and standard error, interleaved as they come. Left out: collected only. */
  readonly onLine?: (line: string) => void;
  readonly signal?: AbortSignal;
  /** Starts it in a session of its own, and is called with the session's number at once. Only with `onLine`. */
  readonly onSession?: (session: number) => void;
};

export type CommandResult = {
  /** Null when a signal ended the process or it could not be started. */
  readonly exitStatus: number | null;
  readonly signal: string | null;
  /** Empty when `onLine` was given. */
  readonly stdout: string;
  /** The last lines of both streams, at most 20. */
  readonly lastLines: readonly string[];
};
