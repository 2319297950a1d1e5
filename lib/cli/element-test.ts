// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { BuildTest, ElementTest, ScriptTest } from '../elements/element-tests.ts';
import { readElementTests } from '../elements/element-tests.ts';
import { loadLibrary } from '../elements/load-library.ts';
import { gatherFacts } from '../host/gather-facts.ts';
import { packageRoot } from '../host/package-root.ts';
import { realHost } from '../host/real-host.ts';
import type { HostPath } from '../model/brands.ts';
import { elementName } from '../model/brands.ts';
import { didYouMean } from '../model/nearest-name.ts';
import type { Problem, Result } from '../model/problem.ts';
import { failed, success } from '../model/problem.ts';
import { shellWord } from '../report/describe-failure.ts';
import { describeProblems } from '../report/describe-problems.ts';
import { formatSpan } from '../report/quantities.ts';
import { buildImage, understand } from './build-image.ts';
import type { AddSubcommand } from './subcommand.ts';
import type { Surroundings } from './surroundings.ts';

type Options = { readonly os?: string; readonly keep?: true };

/** `diskimage-builder element test`: builds what an element brings along to test itself. */
export const addElementTest: AddSubcommand = (element, surroundings, finish) => {
  element
    .command('test')
    .summary('build the tests that elements bring along')
    .description(
      'Builds each element of NAME/test-elements together with NAME, without base, and runs the file NAME/test when ' +
        'there is one. A test fails when a hook of it does. Layers are kept, so that a second run is quick.',
    )
    .argument('<name...>', 'elements, found along ELEMENTS_PATH')
    .option('--os <element>', 'operating system for tests that name none (default: debian-minimal)')
    .option('--keep', 'keep what was built and say where it is')
    .action(async (names: readonly string[], options: Options) =>
      finish(await testElements(names, options, surroundings)),
    );
};

async function testElements(
  names: readonly string[],
  options: Options,
  surroundings: Surroundings,
): Promise<number> {
  const found = await findTests(names, surroundings);
  if (!found.ok) {
    surroundings.writeError(describeProblems(found.problems));
    return 2;
  }
  const tests = found.value.flatMap(({ tests: ofElement, ...place }) =>
    ofElement.map((test) => ({ ...place, test })),
  );
  let failures = 0;
  for (const each of tests) {
    const exitStatus = await showTest(each, options, surroundings);
    if (exitStatus === 130) return 130;
    if (exitStatus !== 0) failures++;
  }
  surroundings.write(`${tests.length - failures} passed, ${failures} failed\n`);
  return failures === 0 ? 0 : 1;
}

type Place = {
  readonly name: string;
  readonly directory: HostPath;
  readonly elementsPath: readonly HostPath[];
};

async function findTests(
  names: readonly string[],
  surroundings: Surroundings,
): Promise<Result<readonly (Place & { readonly tests: readonly ElementTest[] })[]>> {
  const facts = await gatherFacts(surroundings.environment['PATH'] ?? '');
  const { request } = understand({ ...surroundings, argv: [] }, facts);
  const { elementsPath } = request;
  const library = await loadLibrary(elementsPath);
  if (!library.ok) return library;
  const { directories } = library.value;
  const found = await Promise.all(
    names.map(async (name) => {
      const directory = directories.get(elementName(name));
      if (directory === undefined) return failed(notFound(name, directories.keys(), elementsPath));
      const tests = await readElementTests(directory);
      if (tests.length === 0) return failed(withoutTests(name, directory));
      return success({ name, directory, elementsPath, tests });
    }),
  );
  const problems = found.flatMap((each) => (each.ok ? [] : each.problems));
  return problems.length > 0
    ? failed(...problems)
    : success(found.flatMap((each) => (each.ok ? [each.value] : [])));
}

const notFound = (name: string, known: Iterable<string>, path: readonly string[]): Problem => ({
  message: `element \`${name}\` was not found`,
  hints: [...didYouMean(name, known), `looked in ${path.join(', ')}`],
});

const withoutTests = (name: string, directory: string): Problem => ({
  message: `element \`${name}\` has no tests`,
  hints: [`make an element in ${directory}/test-elements whose hooks fail when something is wrong`],
});

type Run = Place & { readonly test: ElementTest };
type Outcome = { readonly exitStatus: number; readonly said: string };

/** One line a test, and what it said when it fails. */
async function showTest(run: Run, options: Options, surroundings: Surroundings): Promise<number> {
  const { name, test } = run;
  surroundings.write(`${name}: ${test.kind === 'build' ? test.name : 'test'} … `);
  const start = Date.now();
  const directory = await mkdtemp(join(tmpdir(), 'dib-element-test-'));
  try {
    const { exitStatus, said } =
      test.kind === 'build'
        ? await runBuildTest({ ...run, test }, { directory, options }, surroundings)
        : await runScriptTest({ ...run, test }, directory, surroundings);
    const verdict = exitStatus === 0 ? 'pass' : 'fail';
    surroundings.write(`${verdict} (${formatSpan(Date.now() - start)})\n`);
    if (exitStatus !== 0) surroundings.write(indented(said));
    if (options.keep) surroundings.write(`    kept in ${directory}\n`);
    return exitStatus;
  } finally {
    if (!options.keep) await rm(directory, { recursive: true, force: true });
  }
}

const indented = (text: string): string => text.replaceAll(/^(?=.)/gm, '    ');

/** The way a user builds; only a failure is heard of. */
async function runBuildTest(
  { test, name, directory: element, elementsPath }: Place & { readonly test: BuildTest },
  { directory, options }: { readonly directory: string; readonly options: Options },
  surroundings: Surroundings,
): Promise<Outcome> {
  const said: string[] = [];
  const { environment } = surroundings;
  const output = ['-n', '-t', test.outputTypes.join(), '-o', join(directory, 'image')];
  const exitStatus = await buildImage(
    {
      ...surroundings,
      argv: [...output, test.name, name],
      calledAs: ['diskimage-builder', 'element', ...surroundings.argv.slice(1)].map(shellWord).join(' '),
      environment: {
        ...environment,
        DIB_QUIET: '1',
        ELEMENTS_PATH: [join(element, 'test-elements'), ...elementsPath].join(':'),
        DIB_DEFAULT_OPERATING_SYSTEM:
          options.os ?? environment['DIB_DEFAULT_OPERATING_SYSTEM'] ?? 'debian-minimal',
      },
      write: (text) => said.push(text),
      writeError: (text) => said.push(text),
      isTerminal: false,
    },
    'disk-image-create',
  );
  return { exitStatus, said: said.join('') };
}

/** It finds the program's commands on its PATH, and stands in an empty directory. */
async function runScriptTest(
  { test, elementsPath }: Place & { readonly test: ScriptTest },
  directory: string,
  { environment }: Surroundings,
): Promise<Outcome> {
  if (!test.isExecutable)
    return { exitStatus: 1, said: `${test.path} is not executable: chmod +x ${test.path}\n` };
  const variables = Object.entries(environment).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  const { exitStatus, lastLines } = await realHost.run({
    argv: [test.path],
    cwd: directory,
    environment: {
      ...Object.fromEntries(variables),
      ELEMENTS_PATH: elementsPath.join(':'),
      PATH: [join(packageRoot, 'bin'), dirname(process.execPath), environment['PATH'] ?? ''].join(':'),
    },
  });
  return { exitStatus: exitStatus ?? 1, said: `${lastLines.join('\n')}\n` };
}
