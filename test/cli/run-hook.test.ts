// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

let hooks: string;
beforeEach(() => {
  hooks = mkdtempSync(join(tmpdir(), 'run-hook-test-'));
  write('environment.d/10-first', 'export FIRST=1\nfunction greet { echo "hello $1"; }\nexport -f greet\n');
  write('install.d/50-hook', '#!/bin/bash\ngreet "$FIRST"\nexit 3\n');
  chmodSync(join(hooks, 'install.d/50-hook'), 0o755);
});
afterEach(() => rmSync(hooks, { recursive: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(hooks, path)), { recursive: true });
  writeFileSync(join(hooks, path), text);
}

function runHook(): { readonly status: number | null; readonly stdout: string } {
  const words = [hooks, 'install.d', '50-hook'];
  const { status, stdout } = spawnSync(resolve('lib/target/run-hook'), words, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env['PATH'] },
  });
  return { status, stdout };
}

test('a hook sees variables and functions of environment.d, and its exit status is told', () => {
  expect(runHook()).toEqual({ status: 3, stdout: 'hello 1\n' });
});

test('a file of environment.d that returns early is no failure', () => {
  write('environment.d/20-early', 'return 0\nexit 1\n');
  expect(runHook()).toEqual({ status: 3, stdout: 'hello 1\n' });
});

test.each([
  ['exit 4', 4],
  ['false', 1],
])('a file of environment.d that ends with `%s` is named', (line, status) => {
  write('environment.d/90-never', `${line}\n`);
  expect(runHook()).toEqual({
    status,
    stdout: `environment.d/90-never ended with status ${status}, so the hook was not started\n`,
  });
});
