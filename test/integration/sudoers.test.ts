// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { sudoersFile } from '../../lib/host/sudoers.ts';

test.each([
  { user: '%diskimage-builder', builder: '/usr/bin/diskimage-builder' },
  { user: 'ada', builder: '/home/ada/disk image:builder, new/bin/diskimage-builder' },
  { user: String.raw`CORP\ada b`, builder: '/opt/x=1 #2@!(y)/bin/diskimage-builder' },
])('visudo accepts the file for $user and $builder', ({ user, builder }) => {
  const file = sudoersFile({ user, builder });
  const checked = spawnSync('visudo', ['-c', '-f', '-'], {
    input: file.ok ? file.value : '',
    encoding: 'utf8',
    env: { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin` },
  });
  expect(checked).toMatchObject({ status: 0, stdout: 'stdin: parsed OK\n', stderr: '' });
});
