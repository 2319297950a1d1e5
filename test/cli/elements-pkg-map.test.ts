// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const program = resolve('elements/pkg-map/bin/pkg-map');
const map = {
  release: {
    debian: { bookworm: { everywhere: 'of-the-release', several: 'one  two' } },
    centos: { '9': { 'by-stream': 'of-nine' }, '9-stream': {} },
  },
  distro: { debian: { everywhere: 'of-the-distribution', none: '' }, centos: { own: 'of-centos' } },
  family: { debian: { family: 'of-debians' }, redhat: { family: 'of-red-hats' } },
  default: { everywhere: 'of-nobody', family: 'of-nobody', own: 'of-nobody', quoted: 'a"b\\c/d' },
};
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'dib-pkg-map-test-'));
  writeFileSync(join(directory, 'agent'), JSON.stringify(map, null, 2));
});

afterEach(() => rmSync(directory, { recursive: true }));

describe('the nearest entry counts', () => {
  test('release before distribution before family before default', () => {
    expect(pkgMap(['--element', 'agent', 'everywhere', 'family', 'own'])).toEqual(
      printed('of-the-release', 'of-debians', 'of-nobody'),
    );
    expect(pkgMap(['--element=agent', '--release=trixie', 'everywhere'])).toEqual(
      printed('of-the-distribution'),
    );
    expect(pkgMap(['--element', 'agent', '--distro', 'opensuse', 'everywhere'])).toEqual(
      printed('of-nobody'),
    );
  });

  test('a release that is a stream has the entries of its number', () => {
    const asked = [
      '--element',
      'agent',
      '--distro',
      'centos',
      '--release',
      '9-stream',
      'by-stream',
      'family',
    ];
    expect(pkgMap(asked)).toEqual(printed('of-nine', 'of-red-hats'));
  });
});

test('several packages come one a line, none as no line, escapes as what they stand for', () => {
  expect(pkgMap(['--element', 'agent', 'several', 'none', 'quoted'])).toEqual(
    printed('one', 'two', 'a"b\\c/d'),
  );
});

test('--prefix is put before what is printed', () => {
  expect(pkgMap(['--element', 'agent', '--missing-ok', '--prefix', '-', 'several', 'unknown'])).toEqual(
    printed('-one', '-two', '-unknown'),
  );
});

describe('exit status', () => {
  test('1 names every name that the map lacks', () => {
    const file = join(directory, 'agent');
    expect(pkgMap(['--pkg-map', file, 'lost', 'family', 'gone'])).toEqual({
      status: 1,
      stdout: 'of-debians\n',
      stderr: ['lost', 'gone']
        .map((name) => `pkg-map: ${file} has no entry for ${name} in debian bookworm\n`)
        .join(''),
    });
  });

  test('2 when there is no map', () => {
    expect(pkgMap(['--element', 'nobody', '--debug', 'x'])).toEqual({
      status: 2,
      stdout: '',
      stderr: `pkg-map: there is no map ${join(directory, 'nobody')}\n`,
    });
  });

  test.each([
    ['{"default": {"a": 1}}', '"{" expected at character 19'],
    ['{"default": {"a": "b"}', '"," expected at character 24'],
    ['["a"]', 'a JSON object is expected'],
    ['{} {}', 'something follows the end of the map, at character 4'],
    ['{"default": {"a": "b', 'a string does not end'],
  ])('1 for the faulty map %s', (text, message) => {
    const file = join(directory, 'faulty');
    writeFileSync(file, text);
    expect(pkgMap(['--pkg-map', file, 'a'])).toEqual({
      status: 1,
      stdout: '',
      stderr: `pkg-map: ${file}: ${message}\n`,
    });
  });
});

const printed = (...lines: readonly string[]) => ({ status: 0, stdout: `${lines.join('\n')}\n`, stderr: '' });

function pkgMap(words: readonly string[]) {
  const env = {
    PATH: process.env['PATH'],
    PKG_MAP_DIRECTORY: directory,
    DISTRO_NAME: 'debian',
    DIB_RELEASE: 'bookworm',
  };
  const { status, stdout, stderr } = spawnSync(program, words, { env, encoding: 'utf8' });
  return { status, stdout, stderr };
}
