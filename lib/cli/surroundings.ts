// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../host/package-root.ts';
import type { Variables } from './read-settings.ts';

/** What a command is given and may speak through: everything of `process` that it needs. */
export type Surroundings = {
  readonly argv: readonly string[];
  /** What the user typed, where a command makes the words of another; left out: the words themselves. */
  readonly calledAs?: string;
  readonly environment: Variables;
  readonly workingDirectory: string;
  readonly input: () => NodeJS.ReadableStream;
  readonly write: (text: string) => void;
  readonly writeError: (text: string) => void;
  readonly isTerminal: boolean;
  readonly columns: () => number;
  /** Ends the process at once, whatever is running. */
  readonly quit: (status: number) => never;
  /** Calls back for each SIGINT, SIGTERM and SIGHUP; @returns a function that ends this. */
  readonly onInterrupt: (callback: () => void) => () => void;
};

export function processSurroundings(): Surroundings {
  return {
    argv: process.argv.slice(2),
    environment: process.env,
    workingDirectory: process.cwd(),
    input: () => process.stdin,
    write: (text) => process.stdout.write(text),
    writeError: (text) => process.stderr.write(text),
    isTerminal: process.stdout.isTTY,
    columns: () => process.stdout.columns || 80,
    quit: (status) => process.exit(status),
    onInterrupt: (callback) => {
      const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
      for (const signal of signals) process.on(signal, callback);
      return () => {
        for (const signal of signals) process.off(signal, callback);
      };
    },
  };
}

/** The line that `--version` prints. */
export function versionLine(): string {
  const text = readFileSync(join(packageRoot, 'package.json'), 'utf8');
  const { version } = JSON.parse(text) as { readonly version: string };
  return `diskimage-builder version ${version}`;
}
