// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { addBootTest } from './boot-test.ts';
import { addBuild } from './build.ts';
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
  addBuild,
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
    .description(
      'Builds the images that files describe, and has what else belongs to building; disk-image-create builds a single one.',
    )
    .version(versionLine(), '--version', 'print the version and stop')
    .helpOption('-h, --help', 'print this and stop')
    .helpCommand(false)
    .configureOutput({ writeOut: surroundings.write, writeErr: surroundings.writeError })
    .showHelpAfterError('(--help says more)')
    .exitOverride();
  const finish = (exitStatus: number): void => void (outcome.exitStatus = exitStatus);
  for (const add of subcommands) add(program, surroundings, finish);
  try {
    await program.parseAsync(withSubcommand(surroundings.argv, program), { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    throw error;
  }
  return outcome.exitStatus;
}

/** The original command has only what is called build here, without the word: files, and options before them. */
function withSubcommand(argv: readonly string[], { commands }: Command): readonly string[] {
  const [first] = argv.filter((word) => !word.startsWith('-'));
  const isKnown = commands.some((command) => command.name() === first);
  if (first === undefined || isKnown || !isDefinition(first)) return argv;
  return ['build', ...argv];
}

const isDefinition = (word: string): boolean => /\.ya?ml$/.test(word) || existsSync(word);
