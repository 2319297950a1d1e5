// SPDX-License-Identifier: Apache-2.0
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openNamedPrograms } from '../../../lib/host/named-programs.ts';

let place: string;
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'dib-programs-'));
  for (const name of ['first', 'second']) mkdirSync(join(place, name));
});
afterEach(() => rmSync(place, { recursive: true, force: true }));

function write(path: string, text: string, mode = 0o755): void {
  writeFileSync(join(place, path), text);
  chmodSync(join(place, path), mode);
  utimesSync(join(place, path), 1000, 1000);
}

const among = (...words: readonly string[]): Promise<Readonly<Record<string, string>>> =>
  openNamedPrograms(
    [join(place, 'first'), join(place, 'second'), join(place, 'missing'), ''],
    join(place, 'memory'),
  ).among(words);

test('words that are programs are known by the bytes of the first of their name', async () => {
  write('first/a', 'one');
  write('second/a', 'other');
  write('second/b', 'two');
  write('first/text', 'no program', 0o644);
  mkdirSync(join(place, 'first/directory'));
  const found = await among('b', 'a', 'b', 'text', 'directory', 'nothing', '..');
  expect(Object.keys(found)).toEqual(['a', 'b']);
  rmSync(join(place, 'second/a'));
  expect(await among('a', 'b')).toEqual(found);
  rmSync(join(place, 'first/a'));
  write('second/a', 'one');
  expect(await among('a', 'b')).toEqual(found);
});

test('another program of the same size and time is another', async () => {
  write('first/a', 'one');
  const before = await among('a');
  expect(await among('a')).toEqual(before);
  write('first/a', 'two');
  expect(await among('a')).not.toEqual(before);
});

test('digests are remembered, and forgetting them changes nothing', async () => {
  write('first/a', 'one');
  const found = await among('a');
  expect(existsSync(join(place, 'memory'))).toBe(true);
  writeFileSync(join(place, 'memory'), 'damaged\n\nlines');
  expect(await among('a')).toEqual(found);
});
