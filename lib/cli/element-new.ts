// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import type { TemplateFile } from '../elements/element-template.ts';
import { elementTemplate, templatePhases } from '../elements/element-template.ts';
import { packageRoot } from '../host/package-root.ts';
import { elementName } from '../model/brands.ts';
import { didYouMean } from '../model/nearest-name.ts';
import type { PhaseName } from '../model/phases.ts';
import type { Problem } from '../model/problem.ts';
import { shellWord } from '../report/describe-failure.ts';
import { describeProblems } from '../report/describe-problems.ts';
import type { AddSubcommand } from './subcommand.ts';
import type { Surroundings } from './surroundings.ts';

type Options = { readonly phase?: readonly string[]; readonly directory: string };

/** `diskimage-builder element new`: a directory to begin with. */
export const addElementNew: AddSubcommand = (element, surroundings, finish) => {
  element
    .command('new')
    .summary('make a directory for a new element')
    .description(
      'Makes a directory with a README.md, element-deps, one hook for each phase and a test, which builds as it is.',
    )
    .argument('<name>', 'name of the element')
    .option('--phase <phase>', 'phase to have a hook in; may be repeated (default: install.d)', collect)
    .option('--directory <directory>', 'where to make it', '.')
    .action(async (name: string, options: Options) => finish(await make(name, options, surroundings)));
};

const collect = (phase: string, before: readonly string[] = []): readonly string[] => [...before, phase];

async function make(name: string, options: Options, surroundings: Surroundings): Promise<number> {
  const phases = (options.phase ?? ['install.d']).map(phaseMeant);
  const directory = resolve(surroundings.workingDirectory, options.directory, name);
  const problems = [...nameProblems(name), ...phases.flatMap(phaseProblems), ...placeProblems(directory)];
  if (problems.length > 0) {
    surroundings.writeError(describeProblems(problems));
    return 2;
  }
  const files = elementTemplate(elementName(name), phases as readonly PhaseName[]);
  for (const file of files) await writeTemplate(directory, file);
  surroundings.write(nextSteps(name, directory, { files, surroundings }));
  return 0;
}

/** `install` is as good as `install.d`. */
const phaseMeant = (given: string): string => (given.endsWith('.d') ? given : `${given}.d`);

/** Names stand in lists between blanks, in paths between colons, and in names of hooks. */
const nameProblems = (name: string): readonly Problem[] =>
  /^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(name)
    ? []
    : [
        {
          message: `"${name}" is no name for an element`,
          hints: ['take letters, digits, - and _, beginning with a letter or digit'],
        },
      ];

const phaseProblems = (phase: string): readonly Problem[] =>
  (templatePhases as readonly string[]).includes(phase)
    ? []
    : [
        {
          message: `there is no phase ${phase} to write a hook for`,
          hints: [...didYouMean(phase, templatePhases), `the phases are ${templatePhases.join(', ')}`],
        },
      ];

const placeProblems = (directory: string): readonly Problem[] =>
  existsSync(directory)
    ? [{ message: `${directory} exists already`, hints: ['take another name, or another --directory'] }]
    : [];

async function writeTemplate(directory: string, { path, text, isExecutable }: TemplateFile): Promise<void> {
  const file = join(directory, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  if (isExecutable) await chmod(file, 0o755);
}

function nextSteps(
  name: string,
  directory: string,
  { files, surroundings }: { readonly files: readonly TemplateFile[]; readonly surroundings: Surroundings },
): string {
  const { workingDirectory, environment } = surroundings;
  const shown = relative(workingDirectory, directory);
  const tree = relative(workingDirectory, dirname(directory)) || '.';
  const knows = [...(environment['ELEMENTS_PATH'] ?? '').split(':'), join(packageRoot, 'elements')]
    .filter((entry) => entry !== '')
    .some((entry) => resolve(workingDirectory, entry) === dirname(directory));
  const prefix = knows ? '' : `ELEMENTS_PATH=${shellWord(tree)} `;
  const hides = existsSync(join(packageRoot, 'elements', name)) && !knows;
  return [
    'Made',
    ...files.map(({ path }) => `  ${join(shown, path)}`),
    ...(hides
      ? ['', `It hides the built-in element ${name} wherever its directory is on ELEMENTS_PATH.`]
      : []),
    '',
    'Next',
    `  write what it does into its hooks, and what must be true then into ${join(shown, 'test-elements')}`,
    `  ${prefix}diskimage-builder element show -n ${name}`,
    `  ${prefix}diskimage-builder element test ${name}`,
    `  dib-lint ${shellWord(shown)}`,
    '',
  ].join('\n');
}
