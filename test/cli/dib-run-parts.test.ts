// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

let hooks: string;

beforeEach(() => {
  hooks = mkdtempSync(join(tmpdir(), 'dib-run-parts-test-'));
  mkdirSync(join(hooks, 'install.d'));
  mkdirSync(join(hooks, 'environment.d'));
});

afterEach(() => rmSync(hooks, { recursive: true }));

test('runs scripts by their number, ties by their bytes, and tells each on standard error', () => {
  for (const name of ['100-last', '99-x', '00-b', 'abc', '7-seven', '00-B']) script(name, `echo ${name}`);
  expect(runParts([join(hooks, 'install.d')])).toEqual({
    status: 0,
    stdout: ['00-B', '00-b', 'abc', '7-seven', '99-x', '100-last'],
    stderr: [
      ...['00-B', '00-b', 'abc', '7-seven', '99-x', '100-last'].flatMap((name) => [
        `dib-run-parts Running HOOKS/install.d/${name}`,
        `dib-run-parts ${name} completed`,
      ]),
      'dib-run-parts PROFILING install.d',
      ...['00-B', '00-b', 'abc', '7-seven', '99-x', '100-last'].map(
        (name) => `dib-run-parts ${name.padEnd(40)} SECONDS`,
      ),
    ],
  });
});

describe('--list', () => {
  test('names what would run: executable files, links to them too, of names without dots', () => {
    for (const name of ['10-b', '20.sh', '05 blank', '15_a']) script(name, '');
    writeFileSync(join(hooks, 'install.d/30-plain'), '');
    symlinkSync('10-b', join(hooks, 'install.d/02-link'));
    symlinkSync('nowhere', join(hooks, 'install.d/03-dangling'));
    mkdirSync(join(hooks, 'install.d/04-directory'));
    expect(runParts(['--list', join(hooks, 'install.d')])).toEqual({
      status: 0,
      stdout: ['02-link', '10-b', '15_a'],
      stderr: [],
    });
  });

  test('takes the pattern of names from RUN_PARTS_REGEX', () => {
    for (const name of ['10-b', '20.sh']) script(name, '');
    expect(
      runParts(['--list', join(hooks, 'install.d')], { RUN_PARTS_REGEX: String.raw`\.sh$` }).stdout,
    ).toEqual(['20.sh']);
  });

  test('prints nothing for a directory without scripts', () => {
    expect(runParts(['--list', join(hooks, 'install.d')])).toEqual({ status: 0, stdout: [], stderr: [] });
  });
});

test('sources environment.d beside the directory, by bytes and not by number, for every script', () => {
  environment('20-second.bash', 'export ORDER="$ORDER 20"; declare -x DECLARED=yes');
  environment('100-first', 'export ORDER=100');
  environment('30 ignored', 'export ORDER=wrong');
  script('10-show', 'echo "$ORDER $DECLARED"; export ORDER=changed');
  script('20-show', 'echo "$ORDER"');
  const { status, stdout, stderr } = runParts([join(hooks, 'install.d')]);
  expect({ status, stdout, first: stderr.slice(0, 2) }).toEqual({
    status: 0,
    stdout: ['100 20 yes', '100 20'],
    first: [
      'dib-run-parts Sourcing environment file HOOKS/install.d/../environment.d/100-first',
      'dib-run-parts Sourcing environment file HOOKS/install.d/../environment.d/20-second.bash',
    ],
  });
});

test('stops at the first script that fails, with its status and without a profile', () => {
  script('10-fails', 'exit 7');
  script('20-never', 'echo never');
  expect(runParts([join(hooks, 'install.d')])).toEqual({
    status: 7,
    stdout: [],
    stderr: ['dib-run-parts Running HOOKS/install.d/10-fails'],
  });
});

test('an unset variable in environment.d ends the run', () => {
  environment('10-bad.bash', 'export COPY=$NOT_SET_ANYWHERE');
  script('10-never', 'echo never');
  const { status, stdout } = runParts([join(hooks, 'install.d')]);
  expect({ status, stdout }).toEqual({ status: 1, stdout: [] });
});

test('says what it leaves out when traced', () => {
  script('10-runs', '');
  script('20.sh', '');
  writeFileSync(join(hooks, 'install.d/30-plain'), '');
  expect(runParts([join(hooks, 'install.d')], { DIB_DEBUG_TRACE: '1' }).stderr.slice(0, 2)).toEqual([
    'dib-run-parts Ignoring non-executable files: 30-plain',
    'dib-run-parts Ignoring non-conforming filenames: 20.sh',
  ]);
});

test.each([
  [[], 'usage: dib-run-parts [--list] DIRECTORY'],
  [['/nowhere/install.d'], '/nowhere/install.d is not a directory'],
])('refuses %j', (words, line) => {
  expect(runParts(words)).toEqual({ status: 1, stdout: [], stderr: [`dib-run-parts: ${line}`] });
});

describe('die', () => {
  test.each([
    ['never ends with 0', 'true', 1],
    ['keeps the status of the command before', '(exit 4)', 4],
  ])('%s', (_, before, status) => {
    const text = `source lib/target/die; ${before}; die no tree in "$PWD/x"`;
    const ran = spawnSync('bash', ['-c', text, '/somewhere/50-hook'], { encoding: 'utf8' });
    expect({ status: ran.status, stderr: ran.stderr }).toEqual({
      status,
      stderr: `50-hook ERROR: no tree in ${process.cwd()}/x\n`,
    });
  });
});

type Ran = { status: number | null; stdout: string[]; stderr: string[] };

function runParts(words: readonly string[], variables: Readonly<Record<string, string>> = {}): Ran {
  const { status, stdout, stderr } = spawnSync(resolve('lib/target/dib-run-parts'), words, {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], ...variables },
  });
  return { status, stdout: lines(stdout), stderr: lines(stderr) };
}

const lines = (text: string): string[] =>
  text
    .replaceAll(hooks, 'HOOKS')
    .replaceAll(/ +[0-9]+\.[0-9]{3}$/gm, ' SECONDS')
    .split('\n')
    .slice(0, -1)
    .map((line) =>
      line.replace(/^(dib-run-parts \S+) +SECONDS$/, (_, start: string) => `${start.padEnd(54)} SECONDS`),
    );

function script(name: string, text: string): void {
  writeFileSync(join(hooks, 'install.d', name), `#!/bin/bash\n${text}\n`);
  chmodSync(join(hooks, 'install.d', name), 0o755);
}

const environment = (name: string, text: string): void =>
  writeFileSync(join(hooks, 'environment.d', name), `${text}\n`);
