// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

let cache: string;

beforeEach(() => void (cache = mkdtempSync(join(tmpdir(), 'dib-dpkg-test-'))));
afterEach(() => rmSync(cache, { recursive: true }));

const hook = resolve('elements/dpkg/extra-data.d/10-forget-dead-builds');

function forget(): unknown {
  const { status, stdout, stderr } = spawnSync(hook, {
    env: { PATH: process.env['PATH'], DIB_IMAGE_CACHE: cache, DISTRO_NAME: 'debian' },
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

const make = (path: string): unknown => mkdirSync(join(cache, path), { recursive: true });

test('downloads of builds that were killed go, those of running ones stay', () => {
  make('store/root/work/alive-1/build');
  make('store/user/work/alive-2/build');
  make('apt/debian/.install-packages.alive-1.Abc123/partial');
  make('apt/debian/.install-packages.alive-2.Abc123/partial');
  make('apt/debian/.install-packages.dead-1.Abc123/partial');
  make('apt/debian/partial');
  expect(forget()).toEqual({ status: 0, stdout: '', stderr: '' });
  expect(readdirSync(join(cache, 'apt/debian')).sort()).toEqual([
    '.install-packages.alive-1.Abc123',
    '.install-packages.alive-2.Abc123',
    'partial',
  ]);
});

test('a cache without any is left alone', () => {
  expect(forget()).toEqual({ status: 0, stdout: '', stderr: '' });
  expect(readdirSync(cache)).toEqual([]);
});
