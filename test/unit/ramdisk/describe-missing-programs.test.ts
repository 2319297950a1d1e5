// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { describeMissingPrograms } from '../../../lib/ramdisk/describe-missing-programs.ts';

const remedy =
  'let the elements that want them install them (package-installs.yaml), or take them out of binary-deps';

test('all missing programs are named, with those that want them and the packages that have them', () => {
  const missing = [
    { name: 'memtester', wantedBy: ['hwburnin'] },
    { name: 'nc', wantedBy: ['deploy', 'hwdiscovery'] },
    { name: 'own', wantedBy: ['local'] },
  ];
  const packages = new Map([
    ['memtester', ['memtester']],
    ['nc', ['netcat-openbsd', 'netcat-traditional']],
  ]);
  expect(describeMissingPrograms(missing, packages)).toEqual({
    message: '3 programs that the RAM disk needs are not there: memtester, nc, own',
    hints: [
      'memtester, wanted by hwburnin, is in the package memtester',
      'nc, wanted by deploy, hwdiscovery, is in the packages netcat-openbsd, netcat-traditional',
      'own, wanted by local, is in no package that is known here',
      remedy,
    ],
  });
});

test('a single one', () => {
  expect(describeMissingPrograms([{ name: 'own', wantedBy: ['local'] }], new Map())).toEqual({
    message: 'a program that the RAM disk needs is not there: own',
    hints: ['own, wanted by local, is in no package that is known here', remedy],
  });
});
