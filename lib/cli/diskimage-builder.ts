// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import type { AddSubcommand } from './subcommand.ts';
import type { Surroundings } from './surroundings.ts';
import { versionLine } from './surroundings.ts';

/** In the order in which help names them. Each is loaded only when it is needed: hooks call some of them. */
const subcommands: Readonly<Record<string, () => Promise<AddSubcommand>>> = {
  build: async () => (await import('./build.ts')).addBuild,
  'boot-test': async () => (await import('./boot-test.ts')).addBootTest,
  cache: async () => (await import('./cache.ts')).addCache,
  element: async () => (await import('./element.ts')).addElement,
  sudoers: async () => (await import('./sudoers.ts')).addSudoers,
  'package-installs-squash': async () =>
    (await import('./package-installs-squash.ts')).addPackageInstallsSquash,
  'svc-map-merge': async () => (await import('./svc-map-merge.ts')).addSvcMapMerge,
  worker: async () => (await import('./worker.ts')).addWorker,
};

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
  const argv = withSubcommand(surroundings.argv);
  for (const load of neededFor(argv)) (await load())(program, surroundings, finish);
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    throw error;
  }
  return outcome.exitStatus;
}

/** The original command has only what is called build here, without the word: files, and options before them. */
function withSubcommand(argv: readonly string[]): readonly string[] {
  const [first] = argv.filter((word) => !word.startsWith('-'));
  if (first === undefined || Object.hasOwn(subcommands, first) || !isDefinition(first)) return argv;
  return ['build', ...argv];
}

/** All of them, for help and for saying what is near to a word that is none. */
function neededFor([first = '']: readonly string[]): readonly (() => Promise<AddSubcommand>)[] {
  const wanted = Object.hasOwn(subcommands, first) ? subcommands[first] : undefined;
  return wanted === undefined ? Object.values(subcommands) : [wanted];
}

const isDefinition = (word: string): boolean => /\.ya?ml$/.test(word) || existsSync(word);
