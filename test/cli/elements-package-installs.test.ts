// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const programs = resolve('elements/package-installs/bin');
let place: string;

/** `install-packages` only prints what it was asked for. */
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'dib-package-installs-test-'));
  mkdirSync(join(place, 'maps'));
  mkdirSync(join(place, 'bin'));
  writeFileSync(join(place, 'bin/install-packages'), '#!/bin/sh\necho "asked for: $*"\n');
  chmodSync(join(place, 'bin/install-packages'), 0o755);
  writeFileSync(join(place, 'maps/mapped'), '{"default": {"db": "sqlite3 sqlite3-doc", "nothing": ""}}');
});

afterEach(() => rmSync(place, { recursive: true }));

describe('package-installs-v2', () => {
  const list = [
    ['install.d', 'install', 'vim', 'plain'],
    ['install.d', 'install', 'db', 'mapped'],
    ['install.d', 'install', 'nothing', 'mapped'],
    ['install.d', 'install', 'curl', 'mapped'],
    ['install.d', 'install', 'curl', 'plain'],
    ['install.d', 'uninstall', 'gcc', 'plain'],
    ['post-install.d', 'install', 'nginx', 'plain'],
  ];

  beforeEach(() =>
    writeFileSync(join(place, 'wanted.txt'), list.map((row) => `${row.join('\t')}\n`).join('')),
  );

  test('installs all packages of a phase by one call, translated, each once', () => {
    expect(run('package-installs-v2', '--phase', 'install.d', join(place, 'wanted.json'))).toEqual({
      status: 0,
      stdout: 'asked for: curl sqlite3 sqlite3-doc vim\n',
      stderr: '',
    });
  });

  test('removes with --uninstall', () => {
    expect(
      run('package-installs-v2', '--phase=install.d', '--uninstall', join(place, 'wanted.json')).stdout,
    ).toBe('asked for: -e gcc\n');
  });

  test('asks for nothing when a phase has nothing', () => {
    expect(run('package-installs-v2', '--phase', 'pre-install.d', join(place, 'wanted.json'))).toEqual({
      status: 0,
      stdout: '',
      stderr: '',
    });
  });

  test('-n prints the command', () => {
    expect(run('package-installs-v2', '-n', '--phase', 'post-install.d', join(place, 'wanted.json'))).toEqual(
      {
        status: 0,
        stdout: 'install-packages nginx\n',
        stderr: '',
      },
    );
  });

  test('a map that cannot be read ends it', () => {
    writeFileSync(join(place, 'maps/mapped'), '[]');
    expect(run('package-installs-v2', '--phase', 'install.d', join(place, 'wanted.json'))).toEqual({
      status: 1,
      stdout: '',
      stderr: `pkg-map: ${join(place, 'maps/mapped')}: a JSON object is expected\n`,
    });
  });

  test('a missing list is named', () => {
    expect(run('package-installs-v2', '--phase', 'install.d', join(place, 'lost.json'))).toEqual({
      status: 1,
      stdout: '',
      stderr: `package-installs-v2: ${join(place, 'lost.txt')} cannot be read\n`,
    });
  });
});

describe('the older form', () => {
  beforeEach(() => {
    writeFileSync(join(place, 'package-installs-web'), '# web\nnginx\n  curl # a client\n-apache2\n\n');
    writeFileSync(join(place, 'package-installs-more'), 'curl\n-exim4\n');
    writeFileSync(join(place, '10-script'), 'not-a-package\n');
  });

  test('package-installs installs all, what is marked too: it may be needed by the hooks between', () => {
    expect(run('package-installs', '-d', place).stdout).toBe('asked for: apache2 curl exim4 nginx\n');
  });

  test('package-uninstalls removes what has a minus', () => {
    expect(run('package-uninstalls', '-d', place).stdout).toBe('asked for: -e apache2 exim4\n');
  });

  test('several packages may share a line', () => {
    writeFileSync(join(place, 'package-installs-more'), 'curl wget\t-exim4\n');
    expect(run('package-installs', '-d', place).stdout).toBe('asked for: apache2 curl exim4 nginx wget\n');
    expect(run('package-uninstalls', '-d', place).stdout).toBe('asked for: -e apache2 exim4\n');
  });

  test('the list of an install type is a link', () => {
    mkdirSync(join(place, 'web-package-install'));
    writeFileSync(join(place, 'web-package-install/package-installs-linked'), 'lighttpd\n-make\n');
    symlinkSync('web-package-install/package-installs-linked', join(place, 'package-installs-linked'));
    expect(run('package-installs', '-d', place).stdout).toBe(
      'asked for: apache2 curl exim4 lighttpd make nginx\n',
    );
    expect(run('package-uninstalls', '-d', place).stdout).toBe('asked for: -e apache2 exim4 make\n');
  });

  test("names are translated by the map of the element in the list's name", () => {
    writeFileSync(join(place, 'package-installs-mapped'), 'db\nnothing\nunmapped\n-db\n');
    rmSync(join(place, 'package-installs-web'));
    rmSync(join(place, 'package-installs-more'));
    expect(run('package-installs', '-d', place).stdout).toBe('asked for: sqlite3 sqlite3-doc unmapped\n');
    expect(run('package-uninstalls', '-d', place).stdout).toBe('asked for: -e sqlite3 sqlite3-doc\n');
  });

  test('a map that cannot be read ends it', () => {
    writeFileSync(join(place, 'package-installs-mapped'), 'db\n');
    writeFileSync(join(place, 'maps/mapped'), '[]');
    expect(run('package-installs', '-d', place)).toEqual({
      status: 1,
      stdout: '',
      stderr: `pkg-map: ${join(place, 'maps/mapped')}: a JSON object is expected\n`,
    });
  });

  test('a directory is needed', () => {
    expect(run('package-installs')).toEqual({
      status: 1,
      stdout: '',
      stderr: 'usage: package-installs [-e] -d DIRECTORY\n',
    });
  });
});

function run(program: string, ...words: readonly string[]) {
  const env = {
    PATH: [join(place, 'bin'), resolve('elements/pkg-map/bin'), process.env['PATH']].join(':'),
    PKG_MAP_DIRECTORY: join(place, 'maps'),
    DISTRO_NAME: 'debian',
    DIB_RELEASE: 'bookworm',
  };
  const result = spawnSync(join(programs, program), words, { env, encoding: 'utf8' });
  return { status: result.status, stdout: result.stdout, stderr: result.stderr };
}
