// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { createConsoleText, lastConsoleLines } from '../../../lib/boot/console-text.ts';

function shown(...chunks: readonly string[]): string {
  const console = createConsoleText();
  for (const chunk of chunks) console.add(chunk);
  return console.text();
}

describe('what a console shows', () => {
  test.each([
    ['colours and erasures are left out', '\u001b[0;32m OK \u001b[0m\u001b[K', ' OK '],
    ['titles are left out', '\u001b]0;title\u0007a\u001b]2;b\u001b\\c', 'ac'],
    ['cursor moves end a line', 'menu\u001b[5;1HShell>', 'menu\nShell>'],
    ['any number of carriage returns ends a line once', 'a\r\r\nb\rc', 'a\nb\nc'],
    ['controls are left out', 'a\u0000b\u0007\u0008', 'ab'],
    ['character sets are left out', '\u001b(Bx\u001b=', 'x'],
  ])('%s', (_name, raw, plain) => {
    expect(shown(raw)).toBe(plain);
  });

  test('a text is the same however it is cut in pieces', () => {
    const raw = 'a\u001b[1;31mred\u001b[0m\r\n\u001b[10;2Hlogin: ';
    for (let at = 0; at <= raw.length; at++)
      expect(shown(raw.slice(0, at), raw.slice(at))).toBe('ared\n\nlogin: ');
  });

  test('an escape that never ends does not hold everything back', () => {
    expect(shown(`\u001b]${'x'.repeat(300)}`)).toContain('x');
  });
});

test('the last lines are those that are not blank', () => {
  expect(lastConsoleLines('one\n\ntwo  \n \nthree', 2)).toEqual(['two', 'three']);
});
