// SPDX-License-Identifier: Apache-2.0
import { resolve } from 'node:path';
import { squashPackageInstalls } from '../elements/squash-package-installs.ts';
import { elementName, hostPath } from '../model/brands.ts';
import { describeProblems } from '../report/describe-problems.ts';
import type { AddSubcommand } from './subcommand.ts';
import { startingEnvironment } from './environment.ts';

type Options = { readonly elements: string; readonly path: string };

/** `diskimage-builder package-installs-squash`, which a hook of the element package-installs calls. */
export const addPackageInstallsSquash: AddSubcommand = (program, surroundings, finish) => {
  const { environment, workingDirectory, writeError } = surroundings;
  program
    .command('package-installs-squash', { hidden: true })
    .description('Puts the package-installs files of elements together.')
    .requiredOption('--elements <names>', 'names of the elements, with blanks between')
    .requiredOption('--path <directories>', 'where they are, as ELEMENTS_PATH')
    .argument('<file>', 'what to write')
    .action(async (file: string, { elements, path }: Options) => {
      const result = await squashPackageInstalls({
        elements: parts(elements, /\s+/).map(elementName),
        path: parts(path, ':').map((directory) => hostPath(resolve(workingDirectory, directory))),
        outFile: hostPath(resolve(workingDirectory, file)),
        environment: startingEnvironment(environment, false),
      });
      if (!result.ok) writeError(describeProblems(result.problems));
      finish(result.ok ? 0 : 2);
    });
};

const parts = (text: string, separator: string | RegExp): readonly string[] =>
  text.split(separator).filter((part) => part !== '');
