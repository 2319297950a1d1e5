// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { describeInput } from '../../../lib/report/describe-comparison.ts';

test.each([
  ['variable DIB_X', '=a', '=b', ["variable DIB_X: 'a' → 'b'"]],
  ['variable DIB_X', null, '=', ["variable DIB_X: not set → ''"]],
  ['variable DIB_X', '=one\ntwo "x"', null, [`variable DIB_X: 'one\\ntwo "x"' → not set`]],
  [
    'variable TOKEN',
    '#1234',
    '#5678',
    ['variable TOKEN: a value that is not shown → a value that is not shown'],
  ],
  ['file static/x', '#644 a', '#644 b', ['file static/x: content']],
  ['file static/x', '#644 a', '#600 a', ['mode of static/x: 0644 → 0600']],
  ['file static/x', '#644 a', '#600 b', ['file static/x: content', 'mode of static/x: 0644 → 0600']],
  ['file static/d', '#directory 755', '#directory 1777', ['mode of static/d: 0755 → 1777']],
  ['file static/l', '#link a', '#link b', ['link static/l: a → b']],
  ['file static/l', '#link a c0', '#link a c1', ['file static/l: content']],
  ['file static/l', '#644 a', '#link a', ['file static/l: is of another kind']],
  ['file static/x', null, '#644 a', ['file static/x: is new']],
  ['file static/x', '#644 a', null, ['file static/x: is gone']],
  ['tool tar', '#a', '#b', ['tool tar: another file']],
  ['tool tar', null, '#b', ['tool tar: was not used, or not there']],
  ['tool tar', '#a', null, ['tool tar: is not used any more, or gone']],
  ['builder', '#a', '#b', ['this program itself, which was changed']],
  ['arch', '=amd64', '=arm64', ["arch: 'amd64' → 'arm64'"]],
  ["the host's kernel", '=6.1', '=6.2', ["the host's kernel: '6.1' → '6.2'"]],
  ['what it leaves in the tree', '#a', '#b', ['what it leaves in the tree']],
  [
    'cache-key.d/10-x',
    '=deb a\ndeb b 1\n',
    '=deb a\ndeb b 2\n',
    ['what cache-key.d/10-x prints:', '  - deb b 1', '  + deb b 2'],
  ],
  ['cache-key.d/10-x', '#a', '#b', ['what cache-key.d/10-x prints:', '  other lines, which are not shown']],
])('%s from %j to %j', (name, before, after, lines) => {
  expect(describeInput({ name, before, after })).toEqual(lines);
});

test('long values are cut', () => {
  const [line = ''] = describeInput({ name: 'variable X', before: null, after: `=${'x'.repeat(500)}` });
  expect(line).toBe(`variable X: not set → '${'x'.repeat(100)}…'`);
});
