// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
import { CommanderError } from 'commander';
import type { Surroundings } from './surroundings.ts';

/** Makes a command of this program speak as all of them do. */
export const inOurWords = (program: Command, { write, writeError }: Surroundings): Command =>
  program
    .helpOption('-h, --help', 'print this and stop')
    .helpCommand(false)
    .configureOutput({ writeOut: write, writeErr: writeError })
    .showHelpAfterError('(--help says more)')
    .exitOverride();

/** Reads the words of a command and runs its action. @returns the exit status when the words end it, else null. */
export async function parseProgram(program: Command, { argv }: Surroundings): Promise<number | null> {
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    throw error;
  }
  return null;
}
