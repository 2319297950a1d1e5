// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { describeProblems } from '../../../lib/report/describe-problems.ts';

test('each problem with its place, its line and a caret, and what to do', () => {
  expect(
    describeProblems([
      { message: 'no element is named vmm', hints: ['did you mean vm?', 'looked in /elements'] },
      {
        message: 'size must be a number with a unit, not big',
        location: { path: 'disk.yaml', line: 12, column: 8, text: '\tsize: big' },
        hints: ['for example 2GiB'],
      },
      { message: 'the file is empty', location: { path: 'empty.yaml' } },
      { message: 'unknown key', location: { path: 'a.yaml', line: 3, text: 'siz: 1' } },
    ]),
  ).toBe(
    [
      'no element is named vmm',
      '  did you mean vm?',
      '  looked in /elements',
      'disk.yaml:12:8: size must be a number with a unit, not big',
      '  12 | \tsize: big',
      '     | \t      ^',
      '  for example 2GiB',
      'empty.yaml: the file is empty',
      'a.yaml:3: unknown key',
      '  3 | siz: 1',
      '',
    ].join('\n'),
  );
});

test('no problem, no words', () => {
  expect(describeProblems([])).toBe('');
});
