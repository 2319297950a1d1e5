// SPDX-License-Identifier: Apache-2.0
import { userInfo } from 'node:os';
import { builderCommand } from '../host/package-root.ts';
import { sudoersFile } from '../host/sudoers.ts';
import { describeProblems } from '../report/describe-problems.ts';
import type { AddSubcommand } from './subcommand.ts';
import type { Variables } from './read-settings.ts';

/** `diskimage-builder sudoers`: prints what to put into /etc/sudoers.d. */
export const addSudoers: AddSubcommand = (program, { write, writeError, environment }, finish) => {
  program
    .command('sudoers')
    .summary('print a file for /etc/sudoers.d')
    .description(
      'Prints a file for /etc/sudoers.d that lets a user build through sudo (--isolation sudo). ' +
        'Put it there with: diskimage-builder sudoers | sudo tee /etc/sudoers.d/diskimage-builder',
    )
    .option('--user <name>', 'who may build: a name, or %GROUP; default: you, or who called sudo')
    .action(({ user }: { readonly user?: string }) => {
      const file = sudoersFile({ user: user ?? defaultUser(environment), builder: builderCommand });
      if (file.ok) write(file.value);
      else writeError(describeProblems(file.problems));
      finish(file.ok ? 0 : 2);
    });
};

const defaultUser = ({ SUDO_USER: caller }: Variables): string => caller ?? userInfo().username;
