// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { sudoersFile } from '../../../lib/host/sudoers.ts';
import type { SudoersRule } from '../../../lib/host/sudoers.ts';

const checkedIn = new URL('../../../sudoers.d/diskimage-builder', import.meta.url);

function textFor(rule: SudoersRule): string {
  const file = sudoersFile(rule);
  if (!file.ok) throw new Error(file.problems[0]?.message);
  return file.value;
}

const rulesOf = (text: string): readonly string[] =>
  text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

test('sudoers.d/diskimage-builder is what `diskimage-builder sudoers` makes for an installation in /usr', () => {
  const user = '%diskimage-builder';
  expect(readFileSync(checkedIn, 'utf8')).toBe(textFor({ user, builder: '/usr/bin/diskimage-builder' }));
});

test('one command, with its one argument, may be run as root', () => {
  expect(rulesOf(textFor({ user: 'ada', builder: '/opt/dib/bin/diskimage-builder' }))).toEqual([
    'ada ALL=(root) NOPASSWD: /opt/dib/bin/diskimage-builder worker',
  ]);
});

test('characters that mean something to sudo stand for themselves', () => {
  expect(rulesOf(textFor({ user: String.raw`CORP\ada b`, builder: '/opt/a:b, c/x' }))).toEqual([
    String.raw`CORP\\ada\ b ALL=(root) NOPASSWD: /opt/a\:b\,\ c/x worker`,
  ]);
});

test.each([
  { user: 'ada\nbob ALL=(ALL) ALL', builder: '/b', message: '"ada\nbob ALL=(ALL) ALL" is no name of a user' },
  { user: '', builder: '/b', message: '"" is no name of a user' },
  { user: 'ada', builder: '/opt/*/b', message: 'a rule of sudo cannot name "/opt/*/b"' },
  { user: 'ada', builder: '/opt/a\nb', message: String.raw`a rule of sudo cannot name "/opt/a\nb"` },
  { user: 'ada', builder: 'bin/b', message: 'a rule of sudo cannot name "bin/b"' },
])('nothing is made for $user and $builder', ({ user, builder, message }) => {
  expect(sudoersFile({ user, builder })).toMatchObject({ ok: false, problems: [{ message }] });
});
