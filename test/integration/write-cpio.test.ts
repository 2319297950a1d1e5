// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hostPath } from '../../lib/model/brands.ts';
import { writeCpio } from '../../lib/worker/ramdisk/write-cpio.ts';
import { requires } from '../support/requires.ts';
import { failureOf } from '../support/worker-rig.ts';

requires({ programs: ['cpio'] });

let place = '';
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'write-cpio-'));
});
afterEach(() => rmSync(place, { recursive: true, force: true }));

const at = (path: string): string => join(place, 'tree', path);

function makeTree(): void {
  for (const path of ['etc', 'usr/bin', 'a-b', 'a']) mkdirSync(at(path), { recursive: true });
  writeFileSync(at('usr/bin/program'), 'x'.repeat(100_001), { mode: 0o755 });
  chmodSync(at('usr/bin/program'), 0o4755);
  linkSync(at('usr/bin/program'), at('usr/bin/alias'));
  writeFileSync(at('etc/empty'), '');
  writeFileSync(at('etc/ünïcode'), 'text\n');
  symlinkSync('usr/bin', at('bin'));
  symlinkSync('/nowhere/at/all', at('a/dangling'));
  chmodSync(at('a'), 0o1777);
}

async function write(name = 'archive', date = 1_000_000_000): Promise<Buffer> {
  const file = hostPath(join(place, name));
  const devices = [{ name: 'dev/console', mode: 0o020600, device: [5, 1] }] as const;
  await writeCpio(file, { directory: hostPath(join(place, 'tree')), date, devices });
  return readFileSync(file);
}

const env = { ...process.env, LC_ALL: 'C' };

function cpio(words: readonly string[], input: Buffer, cwd = place): string {
  const { status, stdout, stderr } = spawnSync('cpio', words, { input, cwd, encoding: 'utf8', env });
  expect({ status, stderr: stderr.replace(/\d+ blocks?\n/, '') }).toEqual({ status: 0, stderr: '' });
  return stdout;
}

test('cpio lists every member, sorted by bytes, owned by root, of one date', async () => {
  makeTree();
  const listed = cpio(['-itv', '--numeric-uid-gid', '--quiet'], await write());
  const columns = listed
    .trimEnd()
    .split('\n')
    .map((line) => line.split(/ +/));
  expect(
    columns.map(([mode, links, user, group, ...rest]) => [mode, links, user, group, ...rest].join(' ')),
  ).toEqual([
    'drwxrwxrwt 1 0 0 0 Sep 9 2001 a',
    'drwxr-xr-x 1 0 0 0 Sep 9 2001 a-b',
    'lrwxrwxrwx 1 0 0 15 Sep 9 2001 a/dangling -> /nowhere/at/all',
    'lrwxrwxrwx 1 0 0 7 Sep 9 2001 bin -> usr/bin',
    'crw------- 1 0 0 5, 1 Sep 9 2001 dev/console',
    'drwxr-xr-x 1 0 0 0 Sep 9 2001 etc',
    '-rw-r--r-- 1 0 0 0 Sep 9 2001 etc/empty',
    '-rw-r--r-- 1 0 0 5 Sep 9 2001 etc/ünïcode',
    'drwxr-xr-x 1 0 0 0 Sep 9 2001 usr',
    'drwxr-xr-x 1 0 0 0 Sep 9 2001 usr/bin',
    '-rwsr-xr-x 2 0 0 0 Sep 9 2001 usr/bin/alias',
    '-rwsr-xr-x 2 0 0 100001 Sep 9 2001 usr/bin/program',
  ]);
});

test('cpio unpacks what was packed', async () => {
  makeTree();
  const archive = await write();
  const out = join(place, 'out');
  mkdirSync(out);
  cpio(['-id', '--quiet', '--no-absolute-filenames', '[!d]*'], archive, out);
  const { status, stdout } = spawnSync('diff', ['-r', '--no-dereference', join(place, 'tree'), out], {
    encoding: 'utf8',
  });
  expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
});

test('the bytes depend on the content and the date alone', async () => {
  makeTree();
  const first = await write();
  utimesSync(at('etc/empty'), 1, 1);
  expect((await write('again')).equals(first)).toBe(true);
  expect((await write('later', 1_000_000_001)).equals(first)).toBe(false);
  writeFileSync(at('etc/empty'), 'x');
  expect((await write('changed')).equals(first)).toBe(false);
});

test('a file of 4 GiB is refused by name', async () => {
  mkdirSync(at('big'), { recursive: true });
  writeFileSync(at('big/file'), '');
  truncateSync(at('big/file'), 2 ** 32);
  expect(await failureOf(write())).toEqual({
    kind: 'input-invalid',
    problems: [{ message: '/big/file is larger than 4 GiB, which no RAM disk can hold' }],
  });
});
