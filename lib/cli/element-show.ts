// SPDX-License-Identifier: Apache-2.0
import { Option } from 'commander';
import { prepareElements } from '../elements/prepare-elements.ts';
import { gatherFacts } from '../host/gather-facts.ts';
import { realHost } from '../host/real-host.ts';
import type { Problem, Result } from '../model/problem.ts';
import { failed, success } from '../model/problem.ts';
import { describeElements } from '../plan/describe-elements.ts';
import { drawElements } from '../plan/draw-elements.ts';
import type { ElementsExplained } from '../plan/explain-elements.ts';
import { explainElements } from '../plan/explain-elements.ts';
import { describeProblems } from '../report/describe-problems.ts';
import { understand } from './build-image.ts';
import type { AddSubcommand } from './subcommand.ts';
import type { Surroundings } from './surroundings.ts';

type Options = { readonly format: Format; readonly n?: true };
type Format = (typeof formats)[number];

const formats = ['text', 'json', 'dot', 'svg'] as const;

/** `diskimage-builder element show`: what disk-image-create would make of the same names. */
export const addElementShow: AddSubcommand = (element, surroundings, finish) => {
  element
    .command('show')
    .summary('print what a set of elements comes to')
    .description(
      'Prints all elements that a build with these would have, with the directory of each and who asks for it, the ' +
        'hooks in the order in which they run, and the packages that are asked for. Elements are found along ' +
        'ELEMENTS_PATH. Nothing is built.',
    )
    .argument('<name...>', 'elements, as disk-image-create takes them')
    .option('-n', 'leave the element base out')
    .addOption(
      new Option('--format <format>', 'dot and svg are pictures of dependencies and phases')
        .choices(formats)
        .default('text'),
    )
    .action(async (names: readonly string[], options: Options) =>
      finish(await show(names, options, surroundings)),
    );
};

async function show(names: readonly string[], options: Options, surroundings: Surroundings): Promise<number> {
  const explained = await explain([...(options.n ? ['-n'] : []), '--', ...names], surroundings);
  const text = explained.ok ? await render(explained.value, options.format) : explained;
  if (!text.ok) {
    surroundings.writeError(describeProblems(text.problems));
    return 2;
  }
  surroundings.write(text.value);
  return 0;
}

/** The tar type needs no disk, so that nothing but the elements themselves is looked at. */
async function explain(
  argv: readonly string[],
  surroundings: Surroundings,
): Promise<Result<ElementsExplained>> {
  const facts = await gatherFacts(surroundings.environment['PATH'] ?? '');
  const { request, problems } = understand({ ...surroundings, argv: ['-t', 'tar', ...argv] }, facts);
  const prepared = await prepareElements(request);
  const explained = prepared.ok ? explainElements(request, prepared.value) : prepared;
  if (problems.length === 0) return explained;
  return failed(...problems, ...(explained.ok ? [] : explained.problems));
}

async function render(explained: ElementsExplained, format: Format): Promise<Result<string>> {
  switch (format) {
    case 'text':
      return success(describeElements(explained));
    case 'json':
      return success(`${JSON.stringify(explained, null, 2)}\n`);
    case 'dot':
      return success(drawElements(explained));
    case 'svg':
      return picture(drawElements(explained));
  }
}

async function picture(input: string): Promise<Result<string>> {
  const drawn = await realHost.run({ argv: ['dot', '-Tsvg'], input });
  if (drawn.exitStatus === 0) return success(drawn.stdout);
  const problem: Problem =
    drawn.exitStatus === null
      ? {
          message: '--format svg needs the program dot, which is not installed',
          hints: ['install the package graphviz, or take --format dot and draw it elsewhere'],
        }
      : { message: `dot failed: ${drawn.lastLines.join(' ')}` };
  return failed(problem);
}
