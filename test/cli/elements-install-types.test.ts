// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

let hooks: string;

beforeEach(() => {
  hooks = mkdtempSync(join(tmpdir(), 'dib-install-types-test-'));
  file('install.d/50-plain', 'plain');
  file('install.d/web-source-install/60-web', 'from source');
  file('install.d/web-package-install/60-web', 'from a package');
  file('install.d/web-package-install/package-installs-web', 'nginx');
  file('install.d/my-db-source-install/50-plain', 'instead');
});

afterEach(() => rmSync(hooks, { recursive: true }));

test('the chosen way of each takes part, its lists of packages too', () => {
  expect(enable({ DIB_INSTALLTYPE_web: 'package', DIB_INSTALLTYPE_my_db: 'package' })).toEqual({
    status: 0,
    stdout: '',
    stderr: '',
  });
  expect(taken()).toEqual({
    '50-plain': 'plain',
    '60-web': 'from a package',
    'package-installs-web': 'nginx',
  });
});

test('one that is called like a hook takes its place, and the build says so', () => {
  expect(enable({})).toEqual({
    status: 0,
    stdout:
      'install.d/my-db-source-install/50-plain takes the place of install.d/50-plain, which does not run\n',
    stderr: '',
  });
  expect(taken()).toEqual({ '50-plain': 'instead', '60-web': 'from source' });
});

function file(path: string, text: string): void {
  mkdirSync(dirname(join(hooks, path)), { recursive: true });
  writeFileSync(join(hooks, path), text);
}

function enable(settings: Readonly<Record<string, string>>) {
  const env = { PATH: process.env['PATH'], TMP_HOOKS_PATH: hooks, ...settings };
  const hook = resolve('elements/install-types/extra-data.d/99-enable-install-types');
  const { status, stdout, stderr } = spawnSync(hook, { env, encoding: 'utf8' });
  return { status, stdout, stderr };
}

function taken(): Readonly<Record<string, string>> {
  const names = readdirSync(join(hooks, 'install.d')).filter((name) => !name.endsWith('-install'));
  return Object.fromEntries(
    names.map((name) => [name, readFileSync(join(hooks, 'install.d', name), 'utf8')]),
  );
}
