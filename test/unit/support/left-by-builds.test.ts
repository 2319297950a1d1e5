// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { leftByBuilds } from '../../support/leaks.ts';

let cache: string;
let build: string;
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'cache-'));
  build = join(cache, 'store/root/work/m1-2');
  mkdirSync(build, { recursive: true });
});
afterEach(() => rmSync(cache, { recursive: true }));

test('what a build that goes on has is not left', async () => {
  const lock = `${build}.lock`;
  const holder = spawn('flock', ['--exclusive', '--no-fork', lock, 'sh', '-c', 'echo locked; exec sleep 60']);
  await once(holder.stdout, 'data');
  expect(await leftByBuilds(cache, 0)).toEqual([]);
  holder.kill();
  await once(holder, 'exit');
  expect(await leftByBuilds(cache, 0)).toEqual([build, lock]);
});

test('a directory without a lock is left, unless it goes in time', async () => {
  expect(await leftByBuilds(cache, 0)).toEqual([build]);
  setTimeout(() => rmSync(build, { recursive: true }), 300);
  expect(await leftByBuilds(cache, 5000)).toEqual([]);
});

test('a lock alone is left', async () => {
  rmSync(build, { recursive: true });
  writeFileSync(`${build}.lock`, '');
  expect(await leftByBuilds(cache, 0)).toEqual([`${build}.lock`]);
});
