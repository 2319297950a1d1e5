// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

const library = resolve('elements/cloud-init-growpart/lib/growpart-devices.bash');

describe('DIB_CLOUD_INIT_GROWPART_DEVICES', () => {
  test.each([
    ['/', '[/]'],
    [' /dev/vda3\n', '[/dev/vda3]'],
    ['"/"', '["/"]'],
    ['["/", /dev/vda3]', '["/", /dev/vda3]'],
    ['- /\n- /dev/vda3\n', '[/, /dev/vda3]'],
  ])('%j', (said, list) => {
    expect(flowList(said)).toEqual({ status: 0, stdout: `${list}\n`, stderr: '' });
  });

  test.each(['', ' ', '-', '[]', '/ /home', '{device: /}, /', 'a,b'])('%j is refused', (said) => {
    const { status, stdout, stderr } = flowList(said);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain(`DIB_CLOUD_INIT_GROWPART_DEVICES is "${said}"`);
  });
});

function flowList(said: string) {
  const words = ['--norc', '-c', 'set -eu -o pipefail; source "$0"; flow_list "$1"', library, said];
  const env = { PATH: process.env['PATH'] };
  const { status, stdout, stderr } = spawnSync('bash', words, { env, encoding: 'utf8' });
  return { status, stdout, stderr };
}
