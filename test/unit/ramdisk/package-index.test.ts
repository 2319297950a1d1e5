// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { packagesWith } from '../../../lib/ramdisk/package-index.ts';

const index = `suite: bookworm
component: main
arch: amd64

name: netcat-openbsd
version: 1.219-1
commands: nc,nc.openbsd,netcat

name: netcat-traditional
version: 1.10-47
priority-bonus: 5
commands: nc, nc.traditional

name: tgt
version: 1:1.0.85-1
commands: tgt-admin,tgtadm,tgtd
`;

test('packages are found by the programs they have', () => {
  expect(packagesWith(index, ['tgtd', 'nc', 'n', '/usr/sbin/tgtadm', 'bookworm'])).toEqual(
    new Map([
      ['nc', ['netcat-openbsd', 'netcat-traditional']],
      ['tgtd', ['tgt']],
      ['/usr/sbin/tgtadm', ['tgt']],
    ]),
  );
});

test('several indexes name a package once', () => {
  const two = `${index}\n${index.replaceAll('\n', '\r\n')}`;
  expect(packagesWith(two, ['tgtd'])).toEqual(new Map([['tgtd', ['tgt']]]));
  expect(packagesWith('', ['tgtd'])).toEqual(new Map());
});
