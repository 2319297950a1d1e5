// SPDX-License-Identifier: Apache-2.0
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { requires } from '../support/requires.ts';
import { packageRoot, runCommand } from '../support/run-command.ts';

let place: string;
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'dib-lint-test-'));
  mkdirSync(join(place, 'programs'));
  symlinkSync(process.execPath, join(place, 'programs/node'));
  symlinkSync('/usr/bin/env', join(place, 'programs/env'));
});
afterEach(() => rmSync(place, { recursive: true }));

const bad = 'test/fixtures/elements-bad';

/** All that is wrong with the bad tree, as it was planted. */
const planted = readFileSync(join(packageRoot, 'test/cli/dib-lint.elements-bad.txt'), 'utf8');
const plantedUnquoted = planted.replaceAll(/^(?!.*: unquoted: ).*\n/gm, '');
const plantedOtherwise = planted.replaceAll(/^.*: unquoted: .*\n/gm, '');

/** Without the programs that make further checks. */
const alone = (): { readonly environment: Readonly<Record<string, string>> } => ({
  environment: { PATH: join(place, 'programs') },
});
const note = 'note: shellcheck is not installed, so unquoted variables were not looked for\n';

test('the elements that come with the program are clean', () => {
  expect(runCommand('dib-lint', [], alone())).toEqual({ status: 0, stdout: '', stderr: note });
});

test('every planted fault is found, with file and line, and nothing else', () => {
  expect(runCommand('dib-lint', [bad], alone())).toEqual({
    status: 1,
    stdout: plantedOtherwise,
    stderr: note,
  });
});

describe('with shellcheck', () => {
  requires({ programs: ['shellcheck'] });

  test('the elements that come with the program are clean', () => {
    expect(runCommand('dib-lint', ['elements'])).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  test('unquoted variables are found, too', () => {
    expect(plantedUnquoted.split('\n')).toHaveLength(3);
    expect(runCommand('dib-lint', [bad])).toEqual({ status: 1, stdout: planted, stderr: '' });
  });
});

test('a program that makes checks and fails is told of', () => {
  writeFileSync(join(place, 'programs/shellcheck'), '#!/bin/sh\necho out of order >&2\nexit 3\n', {
    mode: 0o755,
  });
  expect(runCommand('dib-lint', [`${bad}/spared`], alone())).toEqual({
    status: 0,
    stdout: '',
    stderr: 'note: shellcheck failed: out of order\n',
  });
});

test('an element itself can be named; what others have is known', () => {
  const { stdout } = runCommand('dib-lint', [`${bad}/clash-two`], alone());
  expect(stdout).toBe(
    `${bad}/clash-two/install.d/00-up-to-date:1: clash: element \`base\` has a file of this name too, ` +
      'so the two cannot be built together: rename it\n',
  );
});

test('--format json', () => {
  const { status, stdout } = runCommand('dib-lint', ['--format', 'json', `${bad}/clash-two`], alone());
  expect({ status, said: JSON.parse(stdout) as unknown }).toEqual({
    status: 1,
    said: {
      findings: [
        {
          file: `${bad}/clash-two/install.d/00-up-to-date`,
          line: 1,
          check: 'clash',
          message:
            'element `base` has a file of this name too, so the two cannot be built together: rename it',
        },
      ],
      notes: ['shellcheck is not installed, so unquoted variables were not looked for'],
    },
  });
});

describe('in a directory of its own', () => {
  const inPlace = (argv: readonly string[], environment = {}): ReturnType<typeof runCommand> =>
    runCommand('dib-lint', argv, { cwd: place, environment: { ...alone().environment, ...environment } });

  test('tox.ini ignores checks, and ELEMENTS_DIR says where to look', () => {
    cpSync(join(packageRoot, bad, 'untidy'), join(place, 'tree/untidy'), { recursive: true });
    const others = 'sete setu setpipefail dibdebugtrace environment exportstatus which indent tabs';
    writeFileSync(
      join(place, 'tox.ini'),
      `[tox]\nignore=readme\n\n[dib-lint]\nignore=newline executable hookname\n    ${others}\n    shebang syntax undeclared readme\n[x]\nignore = safe_sudo\n`,
    );
    expect(inPlace([], { ELEMENTS_DIR: 'tree' }).stdout.replaceAll(/^(\S+): .*$/gm, '$1')).toBe(
      'tree/untidy/element-deps:2: elementdeps\ntree/untidy/root.d/50-untidy:7: safe_sudo\n'.replaceAll(
        /: \w+$/gm,
        '',
      ),
    );
  });

  test('a directory without elements', () => {
    mkdirSync(join(place, 'elements'));
    expect(inPlace([])).toEqual({
      status: 2,
      stdout: '',
      stderr:
        'there are no elements in elements\n  name a directory that holds elements, or an element itself\n',
    });
    expect(inPlace(['nowhere', 'elements']).stderr).toBe(
      'there are no elements in nowhere\n  name a directory that holds elements, or an element itself\n' +
        'there are no elements in elements\n  name a directory that holds elements, or an element itself\n',
    );
  });

  /** An element with a README.md, and files with their texts; those of `#!` are executable. */
  const element = (path: string, files: Readonly<Record<string, string>>): void => {
    for (const [name, text] of Object.entries({ 'README.md': 'x\n', ...files })) {
      mkdirSync(dirname(join(place, path, name)), { recursive: true });
      writeFileSync(join(place, path, name), text, { mode: text.startsWith('#!') ? 0o755 : 0o644 });
    }
  };
  const head = '#!/bin/bash\nset -eu -o pipefail # DIB_DEBUG_TRACE\n';

  test('what hooks bring along beside themselves is no hook', () => {
    element('mine/one', {
      'element-deps': 'install-types\n',
      'install.d/50-one': `${head}cp "$(dirname "$0")"/one@.* "$(dirname "$0")/one.init" /etc\n`,
      'install.d/one@.service': '[Unit]\n',
      'install.d/one.init': '#!/bin/sh -e\n',
      'install.d/one-source-install/one.rules': 'rule\n',
      'install.d/60-forgotten.sh': '#!/bin/sh -e\n',
    });
    expect(inPlace(['mine']).stdout.replaceAll(/^(\S+: \S+: ).*$/gm, '$1')).toBe(
      ['dibdebugtrace', 'hookname', 'setpipefail', 'setu', 'shebang']
        .map((check) => `mine/one/install.d/60-forgotten.sh:1: ${check}: \n`)
        .join(''),
    );
  });

  test('tests of elements, which are built one by one, may have files of one name', () => {
    const same = { 'environment.d/10-set.bash': 'export DIB_X=1\n' };
    for (const test of ['mine/one/test-elements/one-test', 'mine/two/test-elements/two-test'])
      element(test, same);
    element('mine/one', {});
    element('mine/two', same);
    expect(inPlace(['mine']).stdout.replaceAll(/^(\S+: \S+: .*), so.*$/gm, '$1')).toBe(
      'mine/two/environment.d/10-set.bash:1: clash: element `one-test` has a file of this name too\n' +
        'mine/two/test-elements/two-test/environment.d/10-set.bash:1: clash: element `two` has a file of this name too\n',
    );
  });

  test('an element of ELEMENTS_PATH counts as known', () => {
    mkdirSync(join(place, 'mine/one/install.d'), { recursive: true });
    mkdirSync(join(place, 'theirs/two/bin'), { recursive: true });
    copyFileSync(join(packageRoot, bad, 'late/README.md'), join(place, 'mine/one/README.md'));
    writeFileSync(join(place, 'mine/one/install.d/50-one'), `${head}two-tool\n`, { mode: 0o755 });
    writeFileSync(join(place, 'theirs/two/bin/two-tool'), head, { mode: 0o755 });
    expect(inPlace(['mine']).stdout).toBe('');
    expect(inPlace(['mine'], { ELEMENTS_PATH: join(place, 'theirs') }).stdout).toBe(
      'mine/one/install.d/50-one:3: undeclared: two-tool comes with the element two: add `two` to element-deps\n',
    );
  });
});

test('an option that is wrong', () => {
  expect(runCommand('dib-lint', ['--fix'])).toEqual({
    status: 2,
    stdout: '',
    stderr: "error: unknown option '--fix'\n(--help says more)\n",
  });
});
