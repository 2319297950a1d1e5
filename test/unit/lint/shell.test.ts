// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { ignoredChecks } from '../../../lib/lint/lint-elements.ts';
import { outsideChecks } from '../../../lib/lint/outside-checks.ts';
import { commandsIn } from '../../../lib/lint/shell-commands.ts';
import { logicalLines, shellLines } from '../../../lib/lint/shell-lines.ts';

const codeOf = (text: string): readonly string[] => shellLines(text).map(({ code }) => code);

describe('shellLines', () => {
  test.each<readonly [string, string, readonly string[]]>([
    ['leaves comments out', 'a # b\n# c\nd#e ${f#g}\n', ['a ', '', 'd#e ${f#g}']],
    ['leaves what is between single quotes out', "a 'b # c' \"d 'e'\"\n", [`a '' "d 'e'"`]],
    ['minds escaped quotes', String.raw`a \" # b`, [String.raw`a \" `]],
    ['follows strings over lines', "awk '{\n  b\n}' c # d\n", ["awk '", '', "' c "]],
    [
      'leaves here-documents out',
      "a <<'X' | b\nc # d\nX\ne <<-Y\n\tf\n\tY\ng\n",
      ["a <<'' | b", '', '', 'e <<-Y', '', '', 'g'],
    ],
    [
      'takes two documents one after the other',
      'a <<X <<Y\nb\nX\nc\nY\nd',
      ['a <<X <<Y', '', '', '', '', 'd'],
    ],
    ['is not confused by other arrows', 'a <<<b\necho $((1 << 2))\n', ['a <<<b', 'echo $((1 << 2))']],
  ])('%s', (_, text, code) => {
    expect(codeOf(text)).toEqual(code);
  });

  test('knows what goes on with something', () => {
    const lines = shellLines('a \\\n  b\nc "\n d"\ne <<X\n f\nX\ng # h \\\ni');
    expect(lines.map(({ isContinued, isData }) => [isContinued, isData])).toEqual([
      [false, false],
      [true, false],
      [false, false],
      [true, false],
      [false, false],
      [true, true],
      [true, true],
      [false, false],
      [false, false],
    ]);
    expect(logicalLines(lines).map(({ number, code }) => [number, code])).toEqual([
      [1, 'a    b'],
      [3, 'c "  d"'],
      [5, 'e <<X  '],
      [8, 'g '],
      [9, 'i'],
    ]);
  });
});

test.each<readonly [string, readonly string[]]>([
  ['a b | c && d; e', ['a b', 'c', 'd', 'e']],
  ['if ! a; then b; else c; fi', ['a', 'b', 'c', 'fi']],
  ['sudo -E chroot "$x" a b', ['a b']],
  ['command a', ['a']],
  ['command -v a', ['command -v a']],
  ['f() { a; }', ['f', 'a', '}']],
  ['x=`a b`', ['a b']],
  ['sudo -v', ['-v']],
])('commandsIn(%s)', (code, commands) => {
  expect(commandsIn(code).map((words) => words.join(' '))).toEqual(commands);
});

test.each<readonly [string, readonly string[]]>([
  ['', []],
  ['[dib-lint]\nignore=sete setpipefail\n', ['sete', 'setpipefail']],
  ['[x]\nignore=a\n[dib-lint]\n# why\nignore = b,\n  c\nother=d\n', ['b', 'c']],
  ['[dib-lint]\nother=d\n[x]\nignore=a\n', []],
])('ignoredChecks of %j', (text, names) => {
  expect(ignoredChecks(text)).toEqual(names);
});

test('flake8 is read', () => {
  expect(outsideChecks.flake8.read('/e/a b.py:3:1: E302 expected 2 blank lines, found 1\n')).toEqual([
    { file: '/e/a b.py', line: 3, message: 'E302 expected 2 blank lines, found 1' },
  ]);
});
