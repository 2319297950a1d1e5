// SPDX-License-Identifier: Apache-2.0
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { elementNames, setInShell } from '../elements/describe-set.ts';
import { prepareElements } from '../elements/prepare-elements.ts';
import type { ElementsRequest } from '../elements/resolve-elements.ts';
import { gatherFacts } from '../host/gather-facts.ts';
import { packageRoot } from '../host/package-root.ts';
import { hostPath } from '../model/brands.ts';
import type { HostPath } from '../model/brands.ts';
import { describeProblems } from '../report/describe-problems.ts';
import { startingEnvironment } from './environment.ts';
import { inOurWords, parseProgram } from './parse-program.ts';
import { peekSetting } from './read-settings.ts';
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
      status = await explain(
        names.flatMap((words) => words.split(/\s+/).filter((name) => name !== '')),
        env,
        surroundings,
      );
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

/** As disk-image-create -n would understand the names; `base` is an element like others here. */
async function requestFor(
  elements: readonly string[],
  surroundings: Surroundings,
): Promise<ElementsRequest & { readonly elementsPath: readonly HostPath[] }> {
  const environment = startingEnvironment(surroundings.environment, false);
  const facts = await gatherFacts(environment['PATH'] ?? '');
  return {
    program: 'disk-image-create',
    elements,
    withBase: false,
    defaultOperatingSystem: peekSetting('defaultOperatingSystem', {}, environment),
    arch: peekSetting('architecture', {}, environment) ?? facts.arch,
    environment,
    elementsPath: elementsPath(peekSetting('elementsPath', {}, environment) ?? '', surroundings),
  };
}

function elementsPath(text: string, { workingDirectory }: Surroundings): readonly HostPath[] {
  const named = text.split(':').filter((entry) => entry !== '');
  const all = [...named.map((entry) => resolve(workingDirectory, entry)), join(packageRoot, 'elements')];
  return [...new Set(all)].map(hostPath);
}
