// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';

import { evaluateEnvironment, lookupIn } from '../../../lib/elements/static-environment.ts';

const start = { ARCH: 'amd64', EMPTY: '', SET: 'given value' };

describe('what is plain is known', () => {
  test.each([
    ['export A=b', 'b'],
    ['A=b', 'b'],
    ['export OTHER=x A=b', 'b'],
    ['export A=b # why', 'b'],
    ['  export A=b;', 'b'],
    ['A=', ''],
    ['A=b\nA+=" c"\nexport A+=$ARCH', 'b camd64'],
    ['A+=b', 'b'],
    [`A='single $ARCH "x"'`, 'single $ARCH "x"'],
    ['A="double $ARCH ${ARCH} \'x\' \\"y\\" \\$z \\n"', 'double amd64 amd64 \'x\' "y" $z \\n'],
    ['A=a\\ b', 'a b'],
    [`A=a"b c"'d e'`, 'ab cd e'],
    ['A=$ARCH-x.y', 'amd64-x.y'],
    ['A=$SET', 'given value'],
    ['A=${NOT_SET:-default}', 'default'],
    ['A=${NOT_SET-two words}', 'two words'],
    ['A=${NOT_SET:-}', ''],
    ['A="${NOT_SET:-"quoted default"}"', 'quoted default'],
    ['A=${EMPTY:-default}', 'default'],
    ['A=${EMPTY-default}', ''],
    ['A=${SET:-default}', 'given value'],
    ['A=${NOT_SET:-${ALSO_NOT:-$ARCH}}', 'amd64'],
    ['A=${SET:+yes}${EMPTY:+no}', 'yes'],
    [': ${A:=b}', 'b'],
    [': "${A:=b c}"', 'b c'],
    ['A=one\n: ${A:=two}', 'one'],
    ['export A=one \\\n  B=two', 'one'],
    ['A=b\nexport A', 'b'],
    ['set -eu\nA=b\necho done', 'b'],
    ['if true; then\n  X=1\nfi\nA=b', 'b'],
    ['[ -z "$SET" ] && X=1\nA=b', 'b'],
    ['A=$1\nA=b', 'b'],
    ['X=$(date)\nA=${ARCH}', 'amd64'],
  ])('%s', (text, value) => {
    expect(lookupIn(evaluateEnvironment([text], start))('A')).toEqual({ value });
  });
});

describe('what only a shell can follow is unknown', () => {
  test.each([
    'A=$(date)',
    'A="$(date)"',
    'A=`date`',
    'A=$NOT_SET',
    'A=$X\nX=1',
    'X=$(date)\nA=$X',
    'X=$(date)\nA=${X:-default}',
    'A=${SET%value}',
    'A=${SET/a/b}',
    'A=$((1 + 2))',
    'A=~/x',
    'A=b true',
    'A=$(date)\nA+=b',
    'A[0]=b',
    'if [ "$ARCH" = amd64 ]; then A=b; fi',
    'if true; then\n  export A=b\nelse\n  export A=c\nfi',
    'case $ARCH in\n  amd64) A=b ;;\nesac',
    'for x in 1 2; do\n  A=$x\ndone',
    'set_it() {\n  A=b\n}',
    '[ "$ARCH" = amd64 ] && A=b',
    '[ "$ARCH" = amd64 ] || return 0\nA=b',
    'A=b\nunset A',
    'A=b\nread -r A',
    'A="b\nc"',
    'A=${X:=b}',
    'eval A=b',
    'source /etc/os-release',
    '. /etc/os-release',
  ])('%s', (text) => {
    expect(lookupIn(evaluateEnvironment([text], start))('A')).toBe('unknown');
  });

  test.each(['', 'X=1', '# A=1', 'echo "$A"', '[ "$A" = b ] && echo'])('but %j leaves it unset', (text) => {
    expect(lookupIn(evaluateEnvironment([text], start))('A')).toBe('unset');
  });
});

test('files follow one another', () => {
  const files = ['export DISTRO_NAME=debian\n', 'export DIB_RELEASE=${DIB_RELEASE:-$DISTRO_NAME-stable}\n'];
  expect(evaluateEnvironment(files, start)).toEqual({
    known: { ...start, DISTRO_NAME: 'debian', DIB_RELEASE: 'debian-stable' },
    unknown: new Set(),
    isOpen: false,
  });
});
