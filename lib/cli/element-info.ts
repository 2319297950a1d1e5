// SPDX-License-Identifier: Apache-2.0
import { Command } from 'commander';
import { elementNames, setInShell } from '../elements/describe-set.ts';
import { prepareElements } from '../elements/prepare-elements.ts';
import { gatherFacts } from '../host/gather-facts.ts';
import type { BuildRequest } from '../model/request.ts';
import { describeProblems } from '../report/describe-problems.ts';
import { understand } from './build-image.ts';
import { inOurWords, parseProgram } from './parse-program.ts';
import type { Variables } from './read-settings.ts';
import type { Surroundings } from './surroundings.ts';

/** The command `element-info`, which scripts call to learn what a set of elements comes to. @returns its exit status. */
export async function elementInfo(surroundings: Surroundings): Promise<number> {
  let status = 0;
  const program = new Command('element-info')
    .description('Prints all elements that a build with those named has, dependencies first.')
    .argument('<element...>', 'names, found along ELEMENTS_PATH')
    .option(
      '--env',
      'print shell code that sets IMAGE_ELEMENT, IMAGE_ELEMENT_YAML and get_image_element_array',
    )
    .action(async (names: readonly string[], { env = false }: { readonly env?: boolean }) => {
      status = await explain(names, env, surroundings);
    });
  return (await parseProgram(inOurWords(program, surroundings), surroundings)) ?? status;
}

async function explain(
  names: readonly string[],
  inShell: boolean,
  surroundings: Surroundings,
): Promise<number> {
  const prepared = await prepareElements(await requestFor(names, surroundings));
  if (!prepared.ok) {
    surroundings.writeError(describeProblems(prepared.problems));
    return 2;
  }
  const elements = prepared.value.elements.map(({ element }) => element);
  for (const note of prepared.value.notes) surroundings.writeError(`${note}\n`);
  surroundings.write(inShell ? setInShell(elements) : `${elementNames(elements)}\n`);
  return 0;
}

/** As disk-image-create -n understands the names; `base` is an element like others here. */
async function requestFor(names: readonly string[], surroundings: Surroundings): Promise<BuildRequest> {
  // In a hook it names what is built, which is not what is asked about.
  const environment: Variables = { ...surroundings.environment, IMAGE_ELEMENT: undefined };
  const facts = await gatherFacts(environment['PATH'] ?? '');
  return understand({ ...surroundings, environment, argv: ['-n', '--', ...names] }, facts).request;
}
