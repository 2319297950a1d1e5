// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { Command, CommanderError, Option } from 'commander';
import { packageRoot } from '../host/package-root.ts';
import { realHost } from '../host/real-host.ts';
import { describeFindings } from '../lint/describe-findings.ts';
import type { Finding } from '../lint/finding.ts';
import { findingOf, ignoredChecks, keptFindings, lintElements } from '../lint/lint-elements.ts';
import { loadLintTree } from '../lint/lint-tree.ts';
import type { LintTree } from '../lint/lint-tree.ts';
import { outsideChecks } from '../lint/outside-checks.ts';
import type { OutsideCheck } from '../lint/outside-checks.ts';
import { hostPath } from '../model/brands.ts';
import { describeProblems } from '../report/describe-problems.ts';
import { readTextFile } from './read-text.ts';
import type { Surroundings } from './surroundings.ts';
import { versionLine } from './surroundings.ts';

type Options = { readonly format: 'text' | 'json' };

/** The command `dib-lint`. @returns 0 when nothing was found, 1 when something was, 2 when nothing could be looked at. */
export async function dibLint(surroundings: Surroundings): Promise<number> {
  const outcome = { exitStatus: 0 };
  const program = new Command('dib-lint')
    .description(
      'Looks for mistakes in elements and prints each as FILE:LINE: check: message. A file is spared a check by ' +
        '`# dib-lint: disable=CHECK …` in it, an element by the same in its element.yaml, all of them by ' +
        '`ignore=CHECK …` in the section [dib-lint] of tox.ini.',
    )
    .version(versionLine(), '--version', 'print the version and stop')
    .helpOption('-h, --help', 'print this and stop')
    .argument('[directory...]', 'directories of elements, or elements (default: ELEMENTS_DIR, else elements)')
    .addOption(new Option('--format <format>', 'how to print').choices(['text', 'json']).default('text'))
    .configureOutput({ writeOut: surroundings.write, writeErr: surroundings.writeError })
    .showHelpAfterError('(--help says more)')
    .exitOverride()
    .action(async (directories: readonly string[], options: Options) => {
      outcome.exitStatus = await lint(directories, options, surroundings);
    });
  try {
    await program.parseAsync(surroundings.argv, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    throw error;
  }
  return outcome.exitStatus;
}

async function lint(
  given: readonly string[],
  { format }: Options,
  { environment, workingDirectory, write, writeError }: Surroundings,
): Promise<number> {
  const directories = given.length > 0 ? given : [environment['ELEMENTS_DIR'] || 'elements'];
  const library = [
    ...(environment['ELEMENTS_PATH'] ?? '').split(':').filter(Boolean),
    join(packageRoot, 'elements'),
  ];
  const tree = await loadLintTree({ directories, workingDirectory, library: library.map(hostPath) });
  if (!tree.ok) {
    writeError(describeProblems(tree.problems));
    return 2;
  }
  const toxIni = readTextFile(join(workingDirectory, 'tox.ini'));
  const outside = await runOutsideChecks(tree.value);
  const all = [...lintElements(tree.value), ...outside.findings];
  const findings = keptFindings(all, tree.value, toxIni.ok ? ignoredChecks(toxIni.value) : []);
  if (format === 'json') write(`${JSON.stringify({ findings, notes: outside.notes }, null, 2)}\n`);
  else {
    write(describeFindings(findings));
    for (const note of outside.notes) writeError(`note: ${note}\n`);
  }
  return findings.length === 0 ? 0 : 1;
}

type OutsideFindings = { readonly findings: readonly Finding[]; readonly notes: readonly string[] };

async function runOutsideChecks(tree: LintTree): Promise<OutsideFindings> {
  const checked = await Promise.all(
    Object.entries<OutsideCheck>(outsideChecks).map(([name, check]) => runOutsideCheck(name, check, tree)),
  );
  return {
    findings: checked.flatMap(({ findings }) => findings),
    notes: checked.flatMap(({ notes }) => notes),
  };
}

/** One run of the program for all files. */
async function runOutsideCheck(name: string, check: OutsideCheck, tree: LintTree): Promise<OutsideFindings> {
  const places = new Map(
    tree.elements.flatMap((element) =>
      check.files(element).map((path) => [join(element.loaded.element.directory, path), { element, path }]),
    ),
  );
  if (places.size === 0) return { findings: [], notes: [] };
  const { exitStatus, stdout, lastLines } = await realHost.run({ argv: check.argv([...places.keys()]) });
  if (exitStatus === null) {
    return {
      findings: [],
      notes: [`${check.program} is not installed, so ${check.looksAt} were not looked for`],
    };
  }
  if (exitStatus > 1) return { findings: [], notes: [`${check.program} failed: ${lastLines.join(' ')}`] };
  const findings = check.read(stdout).flatMap(({ file, line, message }) => {
    const place = places.get(file);
    return place === undefined ? [] : [findingOf(place.element, name, { path: place.path, line, message })];
  });
  return { findings, notes: [] };
}
