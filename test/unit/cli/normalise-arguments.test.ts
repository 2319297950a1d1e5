// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { normaliseArguments } from '../../../lib/cli/normalise-arguments.ts';
import { settings } from '../../../lib/cli/settings.ts';

const normalise = (...argv: readonly string[]): ReturnType<typeof normaliseArguments> =>
  normaliseArguments(argv, Object.values(settings));
const wordsOf = (...argv: readonly string[]): readonly string[] => {
  const { words, problems } = normalise(...argv);
  expect(problems).toEqual([]);
  return words;
};

describe('options are read as getopt reads them', () => {
  test.each([
    { name: 'after operands', argv: ['vm', '-o', 'x', 'base'], words: ['-o', 'x', '--', 'vm', 'base'] },
    { name: 'an argument in the same word', argv: ['-ox'], words: ['-o', 'x', '--'] },
    {
      name: 'a long option that is mistyped with one dash',
      argv: ['-offline'],
      words: ['-o', 'ffline', '--'],
    },
    { name: 'switches in one word', argv: ['-xuxn'], words: ['-x', '-u', '-x', '-n', '--'] },
    { name: 'switches before an argument', argv: ['-xo', 'y'], words: ['-x', '-o', 'y', '--'] },
    { name: 'an argument after =', argv: ['--image-size=5'], words: ['--image-size', '5', '--'] },
    { name: 'an empty argument after =', argv: ['--logfile='], words: ['--logfile', '', '--'] },
    {
      name: 'an argument with = in it',
      argv: ['--qemu-img-options=a=b'],
      words: ['--qemu-img-options', 'a=b', '--'],
    },
    {
      name: 'an argument that looks like an option',
      argv: ['--mkfs-options', '-s 1'],
      words: ['--mkfs-options', '-s 1', '--'],
    },
    { name: 'an argument of two dashes', argv: ['-o', '--', 'vm'], words: ['-o', '--', '--', 'vm'] },
    { name: 'a name cut short', argv: ['--image-s', '5'], words: ['--image-size', '5', '--'] },
    { name: 'a name cut short with =', argv: ['--qemu=a=b'], words: ['--qemu-img-options', 'a=b', '--'] },
    {
      name: 'an optional argument only after =',
      argv: ['--dry-run', 'json'],
      words: ['--dry-run', '--', 'json'],
    },
    { name: 'an optional argument', argv: ['--dry-run=json'], words: ['--dry-run=json', '--'] },
    { name: '-- ends the options', argv: ['-u', '--', '-n', '--x'], words: ['-u', '--', '-n', '--x'] },
    { name: 'a dash alone is an operand', argv: ['-'], words: ['--', '-'] },
    { name: 'empty words', argv: ['', 'vm', ''], words: ['--', 'vm'] },
    {
      name: 'several operands in a word',
      argv: ['', ' base  vm\n ubuntu '],
      words: ['--', 'base', 'vm', 'ubuntu'],
    },
  ])('$name', ({ argv, words }) => {
    expect(wordsOf(...argv)).toEqual(words);
  });
});

describe('what is wrong is told and left out', () => {
  test.each([
    {
      argv: ['--no-cahe', 'vm'],
      words: ['--', 'vm'],
      problem: { message: 'unknown option --no-cahe', hints: ['did you mean --no-cache?'] },
    },
    {
      argv: ['--no', 'vm'],
      words: ['--', 'vm'],
      problem: { message: 'option --no is ambiguous', hints: ['it may mean --no-cache or --no-tmpfs'] },
    },
    {
      argv: ['--frobnicate=3'],
      words: ['--'],
      problem: { message: 'unknown option --frobnicate', hints: ['--help lists every option'] },
    },
    {
      argv: ['-z'],
      words: ['--'],
      problem: { message: 'unknown option -z', hints: ['--help lists every option'] },
    },
    {
      argv: ['-mkfs-options', 'vm'],
      words: ['--', 'vm'],
      problem: { message: 'unknown option -m in -mkfs-options', hints: ['did you mean --mkfs-options?'] },
    },
    {
      argv: ['--offline=1'],
      words: ['--'],
      problem: { message: 'option --offline takes no argument, but --offline=1 gives one' },
    },
    {
      argv: ['vm', '--image-size'],
      words: ['--', 'vm'],
      problem: { message: 'option --image-size needs an argument', hints: ['write it as --image-size GB'] },
    },
    {
      argv: ['vm', '-xo'],
      words: ['-x', '--', 'vm'],
      problem: { message: 'option -o needs an argument', hints: ['write it as -o NAME'] },
    },
  ])('$argv', ({ argv, words, problem }) => {
    expect(normalise(...argv)).toEqual({ words, problems: [problem] });
  });

  test('all of it at once', () => {
    expect(normalise('--bogus', '-z', '-o').problems.map(({ message }) => message)).toEqual([
      'unknown option --bogus',
      'unknown option -z',
      'option -o needs an argument',
    ]);
  });
});
