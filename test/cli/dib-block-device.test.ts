// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { packageRoot, runCommand } from '../support/run-command.ts';
import type { CommandOutcome } from '../support/run-command.ts';

let directory: string;
let params: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'dib-block-device-test-'));
  params = join(directory, 'params.yaml');
  writeFileSync(join(directory, 'config.yaml'), config);
  writeFileSync(
    params,
    `config: ${directory}/config.yaml\nimage-dir: /images\nroot-fs-type: xfs\nroot-label: apple\nmine: 1\n`,
  );
});

afterEach(() => rmSync(directory, { recursive: true }));

const config = `
- local_loop: {name: image0}
- partitioning:
    base: image0
    label: gpt
    partitions:
      - {name: boot, type: '8300', size: 1GiB}
      - {name: root, type: '8300', size: 100%}
- mkfs: {name: mkfs_boot, base: boot, type: ext4, label: plum}
- mkfs: {name: mkfs_root, base: root}
- mount: {name: mount_boot, base: mkfs_boot, mount_point: /boot}
- mount: {name: mount_root, base: mkfs_root, mount_point: /}
`;

describe('getval', () => {
  test.each([
    ['root-label', 'apple'],
    ['root-fstype', 'xfs'],
    ['boot-label', 'plum'],
    ['mount-points', '/boot|/'],
    ['image-path', '/images/image0.raw'],
  ])('%s', (symbol, value) => {
    expect(ask(['getval', symbol])).toEqual({ status: 0, stdout: `${value}\n`, stderr: '' });
  });

  test('takes the parameters from --params before the variable', () => {
    const environment = { DIB_BLOCK_DEVICE_PARAMS_YAML: '/nowhere' };
    expect(
      runCommand('dib-block-device', ['--params', params, 'getval', 'root-label'], { environment }),
    ).toEqual({
      status: 0,
      stdout: 'apple\n',
      stderr: '',
    });
  });

  test.each([
    ['image-block-device', 'IMAGE_BLOCK_DEVICE', '/dev/loop7'],
    ['image-block-devices', 'IMAGE_BLOCK_DEVICES', ' [image0]=/dev/loop7 [root]=/dev/loop8 '],
  ])('%s tells of devices that are there', (symbol, variable, value) => {
    expect(ask(['getval', symbol], { [variable]: value })).toEqual({
      status: 0,
      stdout: `${value}\n`,
      stderr: '',
    });
    expect(ask(['getval', symbol])).toEqual({
      status: 2,
      stdout: '',
      stderr:
        `there is no block device: ${variable} is not set\n  the builder attaches devices for pre-finalise.d, finalise.d ` +
        'and cleanup.d when one of these hooks names IMAGE_BLOCK_DEVICE\n',
    });
  });

  test('fails for a symbol that is none', () => {
    expect(ask(['getval', 'root-lable'])).toEqual({
      status: 2,
      stdout: '',
      stderr:
        'getval knows no symbol root-lable\n  did you mean root-label or boot-label?\n  the symbols are root-label, root-fstype, ' +
        'boot-label, mount-points, image-path, image-block-device, image-block-devices\n',
    });
  });

  test('names what is wrong with the parameters', () => {
    writeFileSync(params, 'config: 7\n');
    expect(ask(['getval', 'root-label'])).toEqual({
      status: 2,
      stdout: '',
      stderr: `${params}:1:1: \`config\` must name a path\n  1 | config: 7\n    | ^\n${params}:1:1: \`image-dir\` must name a path\n  1 | config: 7\n    | ^\n`,
    });
  });

  test('needs parameters', () => {
    expect(runCommand('dib-block-device', ['getval', 'root-label'])).toEqual({
      status: 2,
      stdout: '',
      stderr:
        'no parameters of a build are named\n  in hooks DIB_BLOCK_DEVICE_PARAMS_YAML names them; elsewhere give --params FILE\n',
    });
  });
});

describe('what is the work of the builder', () => {
  test.each([
    ['init', 'nothing is to be done, the builder has planned the disk before the first hook'],
    ['writefstab', 'nothing is to be done, the builder writes /etc/fstab after post-root.d'],
    ['umount', 'nothing is to be done, the builder unmounts the disk after the last hook'],
    ['cleanup', 'nothing is to be done, the builder cleans up when the build ends'],
    ['delete', 'nothing is to be done, the builder cleans up when a build fails'],
  ])('is not done by %s', (command, words) => {
    expect(ask([command])).toEqual({
      status: 0,
      stdout: '',
      stderr: `dib-block-device ${command}: ${words}\n`,
    });
  });

  test('is refused by create, unless there are devices', () => {
    const stderr =
      'dib-block-device create: the builder makes the disk itself; it attaches devices when a hook of finalise.d names IMAGE_BLOCK_DEVICE\n';
    expect(ask(['create'])).toEqual({ status: 1, stdout: '', stderr });
    expect(ask(['create'], { IMAGE_BLOCK_DEVICE: '/dev/loop7' })).toEqual({ status: 0, stdout: '', stderr });
  });
});

test.each([
  'lib/target/dib-block-device.py',
  'lib/target/host-bin/dib-block-device',
  'lib/target/host-bin/dib-block-device.py',
])('%s is the same command', (file) => {
  const { status, stdout } = spawnSync(join(packageRoot, file), ['getval', 'root-label'], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], DIB_BLOCK_DEVICE_PARAMS_YAML: params },
  });
  expect({ status, stdout }).toEqual({ status: 0, stdout: 'apple\n' });
});

const ask = (argv: readonly string[], environment: Readonly<Record<string, string>> = {}): CommandOutcome =>
  runCommand('dib-block-device', argv, {
    environment: { DIB_BLOCK_DEVICE_PARAMS_YAML: params, ...environment },
  });
