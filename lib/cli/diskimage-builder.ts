// SPDX-License-Identifier: Apache-2.0
import { Command, CommanderError } from 'commander';
import { addBootTest } from './boot-test.ts';
import { addCache } from './cache.ts';
import { addElement } from './element.ts';
import { addPackageInstallsSquash } from './package-installs-squash.ts';
import type { AddSubcommand } from './subcommand.ts';
import { addSudoers } from './sudoers.ts';
import type { Surroundings } from './surroundings.ts';
import { versionLine } from './surroundings.ts';
import { addSvcMapMerge } from './svc-map-merge.ts';
import { addWorker } from './worker.ts';

const subcommands: readonly AddSubcommand[] = [
  addBootTest,
  addCache,
  addElement,
  addSudoers,
  addPackageInstallsSquash,
  addSvcMapMerge,
  addWorker,
];

/** The command `diskimage-builder`. @returns its exit status. */
export async function diskimageBuilder(surroundings: Surroundings): Promise<number> {
  const outcome = { exitStatus: 0 };
  const program = new Command('diskimage-builder')
    .description('What belongs to the building of images; disk-image-create builds them.')
    .version(versionLine(), '--version', 'print the version and stop')
    .helpOption('-h, --help', 'print this and stop')
    .helpCommand(false)
    .configureOutput({ writeOut: surroundings.write, writeErr: surroundings.writeError })
    .showHelpAfterError('(--help says more)')
    .exitOverride();
  const finish = (exitStatus: number): void => void (outcome.exitStatus = exitStatus);
  for (const add of subcommands) add(program, surroundings, finish);
  try {
    await program.parseAsync(surroundings.argv, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    throw error;
  }
  return outcome.exitStatus;
}
