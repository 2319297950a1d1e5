// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { requires } from '../support/requires.ts';
import { packageRoot, runCommand } from '../support/run-command.ts';
import type { CommandOutcome } from '../support/run-command.ts';

/** A search path with three elements: `pie` of `fruit` on the operating system `pan`. */
let elements: string;

beforeEach(() => {
  elements = realpathSync(mkdtempSync(join(tmpdir(), 'element-info-test-')));
  write('pie/element-deps', 'fruit\n');
  write('fruit/element-deps', 'base\n');
  write("pan's/element-provides", 'operating-system\n');
  write('base/README.md', '');
});

afterEach(() => rmSync(elements, { recursive: true }));

test('prints the set, dependencies first; elements of the user hide those that come along', () => {
  expect(info(['pie', "pan's"])).toEqual({
    status: 0,
    stdout: "base fruit pan's pie\n",
    stderr: `base is taken from ${elements}/base, which hides {root}/elements/base\n`,
  });
});

test('takes several names in one word, and nothing as nothing', () => {
  expect(info(["fruit  pan's", '']).stdout).toBe("base fruit pan's\n");
});

test('--env prints what a shell evaluates', () => {
  const { stdout } = info(['--env', 'fruit', "pan's"]);
  const script = `eval "$1"; declare -A a; eval "a=($(bash -c get_image_element_array | tr -d "'"))"
    printf '%s\\n' "$IMAGE_ELEMENT" "$IMAGE_ELEMENT_YAML" "\${a[fruit]}"; bash -c 'echo $IMAGE_ELEMENT'`;
  const shell = spawnSync('bash', ['-eu', '-c', script, 'bash', stdout], { encoding: 'utf8' });
  const directories = Object.fromEntries(
    ['base', 'fruit', "pan's"].map((name) => [name, join(elements, name)]),
  );
  expect(shell.stdout.split('\n').slice(0, -1)).toEqual([
    "base fruit pan's",
    JSON.stringify(directories),
    join(elements, 'fruit'),
    "base fruit pan's",
  ]);
});

test('takes the operating system from DIB_DEFAULT_OPERATING_SYSTEM when none is among them', () => {
  expect(info(['fruit'], { DIB_DEFAULT_OPERATING_SYSTEM: "pan's" }).stdout).toBe("base fruit pan's\n");
});

test('knows flavours, and minds what is asked about, not what is built', () => {
  const environment = { FLAVOURS_DIR: elements, ELEMENTS_PATH: '', IMAGE_ELEMENT: 'pie' };
  expect(info(['fruit', "pan's"], environment).stdout).toBe("base fruit pan's\n");
});

describe('refuses', () => {
  test('what disk-image-create would refuse', () => {
    expect(info(['frut', "pan's"])).toEqual({
      status: 2,
      stdout: '',
      stderr: `element \`frut\` was not found\n  did you mean fruit?\n  looked in ${elements}, {root}/elements\n`,
    });
  });

  test('to say anything of nothing', () => {
    expect(info([])).toEqual({
      status: 2,
      stdout: '',
      stderr: "error: missing required argument 'element'\n(--help says more)\n",
    });
  });
});

describe.each([
  ['by itself', []],
  ['with a shell', ['bash']],
  ['with Python', ['python3']],
])('$_LIB/element-info.py, started %s', (_, interpreter) => {
  requires({ programs: interpreter });

  test('is the same command', () => {
    const words = [...interpreter, join(packageRoot, 'lib/target/element-info.py'), 'fruit', "pan's"];
    expect(spawn(words)).toEqual({
      status: 0,
      stdout: "base fruit pan's\n",
      stderr: `base is taken from ${elements}/base, which hides {root}/elements/base\n`,
    });
  });
});

test.each(['element-info', 'element-info.py'])('hooks on the host have it as %s', (name) => {
  const { stdout } = spawn([join(packageRoot, 'lib/target/host-bin', name), 'fruit', "pan's"], {
    DIB_BUILDER_NODE: process.execPath,
  });
  expect(stdout).toBe("base fruit pan's\n");
});

const info = (argv: readonly string[], environment: Readonly<Record<string, string>> = {}): CommandOutcome =>
  runCommand('element-info', argv, { environment: { ELEMENTS_PATH: elements, ...environment } });

function spawn(words: readonly string[], environment: Readonly<Record<string, string>> = {}): CommandOutcome {
  const [command = '', ...argv] = words;
  const { status, stdout, stderr } = spawnSync(command, argv, {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], HOME: '/home/ada', ELEMENTS_PATH: elements, ...environment },
  });
  return { status, stdout, stderr: stderr.replaceAll(packageRoot, '{root}') };
}

function write(path: string, text: string): void {
  mkdirSync(dirname(join(elements, path)), { recursive: true });
  writeFileSync(join(elements, path), text);
}
