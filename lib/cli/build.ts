// SPDX-License-Identifier: Apache-2.0
import { InvalidArgumentError } from 'commander';
import { gatherFacts } from '../host/gather-facts.ts';
import type { Problem } from '../model/problem.ts';
import { describeProblems } from '../report/describe-problems.ts';
import { planText } from './build-image.ts';
import type { PlannedImage } from './plan-images.ts';
import { checkImages, commandOf, planImages } from './plan-images.ts';
import { runImages } from './run-images.ts';
import { settings } from './settings.ts';
import type { AddSubcommand } from './subcommand.ts';
import type { Surroundings } from './surroundings.ts';

type Options = {
  readonly dryRun?: true;
  readonly stopOnFailure?: true;
  readonly jobs?: number;
  readonly progress?: string;
};

/** `diskimage-builder build FILE…`: the images that files describe. */
export const addBuild: AddSubcommand = (program, surroundings, finish) => {
  program
    .command('build')
    .summary('build images that files describe')
    .description(
      'Builds the images that YAML files list, several at once as far as the machine has room. All are planned before the ' +
        'first is begun. Steps that images share are made once. The word build may be left out before a FILE.',
    )
    .argument('<file...>', 'lists of images; entries of the same imagename are one image')
    .option('--dry-run', 'print the command and the plan of each image, and stop')
    .option('--stop-on-failure', 'when an image fails stop the others, too')
    .option('--jobs <number>', 'build so many at once (default: by cores, memory and disk)', readJobs)
    .option('--progress <style>', 'tty, plain, json, none or auto, as with disk-image-create', readStyle)
    .action(async (files: readonly string[], options: Options) =>
      finish(await buildImages(files, options, surroundings)),
    );
};

async function buildImages(
  files: readonly string[],
  options: Options,
  surroundings: Surroundings,
): Promise<number> {
  const { progress, jobs, stopOnFailure } = options;
  const facts = await gatherFacts(surroundings.environment['PATH'] ?? '');
  const environment =
    progress === undefined
      ? surroundings.environment
      : { ...surroundings.environment, DIB_PROGRESS: progress };
  const planned = await planImages(files, { ...surroundings, environment }, facts);
  if (!planned.ok) return refuse(surroundings, planned.problems);
  if (options.dryRun || planned.value.some(({ commandLine }) => commandLine.values.dryRun !== 'no'))
    return showPlans(planned.value, surroundings);
  const ready = await checkImages(planned.value, facts);
  if (!ready.ok) return refuse(surroundings, ready.problems);
  const wanted = { jobs: jobs ?? null, stopOnFailure: stopOnFailure ?? false };
  const run = await runImages({ images: ready.value, ...wanted, facts, surroundings });
  return run.ok ? run.value : refuse(surroundings, run.problems);
}

function refuse({ writeError }: Surroundings, problems: readonly Problem[]): number {
  writeError(describeProblems(problems));
  return 2;
}

/** The commands go to standard error, so that plans as JSON can be read by programs. */
function showPlans(images: readonly PlannedImage[], { write, writeError }: Surroundings): number {
  for (const each of images) {
    writeError(`${commandOf(each)}\n`);
    write(planText(each.plan, each.commandLine));
  }
  return 0;
}

function readJobs(text: string): number {
  if (/^[1-9]\d{0,2}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It is to be a whole number of at least 1.');
}

function readStyle(text: string): string {
  const reading = settings.progress.read(text);
  if ('value' in reading) return text;
  throw new InvalidArgumentError([reading.refused, ...reading.hints].join('; '));
}
