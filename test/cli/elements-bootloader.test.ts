// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const planned = {
  PROBE_ROOT_FSTYPE: 'xfs',
  PROBE_ROOT_UUID: 'root-uuid',
  PROBE_ROOT_PARTITION: '',
  PROBE_BOOT_FSTYPE: 'ext4',
  PROBE_BOOT_UUID: 'boot-uuid',
  PROBE_BOOT_PARTITION: 'gpt2',
  PROBE_MOUNTPOINTS: '/boot/efi|/boot|/',
};

describe('grub-probe answers from the plan', () => {
  test.each([
    [['--target=device', '/'], '/dev/planned-root\n'],
    [['-t', 'device', '/boot/grub'], '/dev/planned-boot\n'],
    [['--target=device', '/bootstrap'], '/dev/planned-root\n'],
    [['--device', '/dev/planned-boot', '--target=fs_uuid'], 'boot-uuid\n'],
    [['--device', '/dev/planned-root', '--target=fs_uuid'], 'root-uuid\n'],
    [['--device', '/dev/planned-boot', '--target=fs'], 'ext2\n'],
    [['--device', '/dev/planned-root', '--target=fs'], 'xfs\n'],
    [['--device', '/dev/planned-boot', '--target=partmap'], 'gpt\n'],
    [['--device', '/dev/planned-boot', '--target=abstraction'], ''],
    [['--device', '/dev/planned-boot', '--target=drive'], '(hd0,gpt2)\n'],
    [['--device', '/dev/planned-boot', '--target=compatibility_hint'], 'hd0,gpt2\n'],
    [
      ['--device', '/dev/planned-boot', '--target=hints_string'],
      '--hint-bios=hd0,gpt2 --hint-efi=hd0,gpt2 --hint-baremetal=ahci0,gpt2\n',
    ],
  ])('%j', (words, stdout) => {
    expect(run('grub-probe', words)).toEqual({ status: 0, stdout, stderr: '' });
  });

  test('and fails loudly for what the plan does not say', () => {
    expect(run('grub-probe', ['--target=zero_check', '/'])).toEqual({
      status: 1,
      stdout: '',
      stderr: 'grub-probe: zero_check is not known before there is a disk\n',
    });
  });

  test('and, like the real one, knows no device by its label', () => {
    expect(run('grub-probe', ['--device', 'LABEL=cloudimg-rootfs', '--target=fs_uuid'])).toEqual({
      status: 1,
      stdout: '',
      stderr: 'grub-probe: LABEL=cloudimg-rootfs is no device\n',
    });
  });
});

describe('stand-ins', () => {
  let tree: string;
  const probe = (): string => join(tree, 'usr/sbin/grub-probe');
  beforeEach(() => {
    tree = mkdtempSync(join(tmpdir(), 'grub-stand-ins-test-'));
    for (const directory of ['usr/sbin', 'usr/bin']) mkdirSync(join(tree, directory), { recursive: true });
    writeFileSync(probe(), 'real probe', { mode: 0o755 });
    writeFileSync(join(tree, 'usr/bin/grub2-mkrelpath'), 'real relpath', { mode: 0o711 });
  });
  afterEach(() => rmSync(tree, { recursive: true }));

  test('answer for hooks that come later, without any variable', () => {
    leaveStandIns();
    const { stdout, stderr } = spawnSync(probe(), ['--target=fs_uuid', '/boot'], {
      env: {},
      encoding: 'utf8',
    });
    expect({ stdout, stderr }).toEqual({ stdout: 'boot-uuid\n', stderr: '' });
    expect(relpath()).toBe('/vmlinuz\n');
    expect(statSync(join(tree, 'usr/bin/grub2-mkrelpath')).mode & 0o777).toBe(0o711);
  });

  test('go when the image is cleaned up', () => {
    leaveStandIns();
    leaveStandIns();
    expect(cleanUp()).toEqual({ status: 0, stderr: '' });
    expect(readFileSync(probe(), 'utf8')).toBe('real probe');
    expect(readFileSync(join(tree, 'usr/bin/grub2-mkrelpath'), 'utf8')).toBe('real relpath');
    expect([...readdirSync(join(tree, 'usr/sbin')), ...readdirSync(join(tree, 'usr/bin'))]).toEqual([
      'grub-probe',
      'grub2-mkrelpath',
    ]);
  });

  test('give way to what a package brought meanwhile', () => {
    leaveStandIns();
    rmSync(probe());
    writeFileSync(probe(), 'newer probe');
    expect(cleanUp()).toEqual({ status: 0, stderr: '' });
    expect(readFileSync(probe(), 'utf8')).toBe('newer probe');
    expect(readdirSync(join(tree, 'usr/sbin'))).toEqual(['grub-probe']);
  });

  test('need not be there', () => {
    expect(cleanUp()).toEqual({ status: 0, stderr: '' });
    expect(readFileSync(probe(), 'utf8')).toBe('real probe');
  });

  function leaveStandIns(): void {
    const script = `set -eu; source elements/bootloader/lib/grub-stand-ins.bash
      leave_stand_in "$0/usr/sbin/grub-probe" elements/bootloader/lib/grub-probe
      leave_stand_in "$0/usr/bin/grub2-mkrelpath" elements/bootloader/lib/grub-mkrelpath`;
    const env = { PATH: process.env['PATH'], ...planned };
    const { status, stderr } = spawnSync('bash', ['--norc', '-c', script, tree], { env, encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  }

  const relpath = (): string =>
    spawnSync(join(tree, 'usr/bin/grub2-mkrelpath'), ['/boot/vmlinuz'], { env: {}, encoding: 'utf8' }).stdout;

  function cleanUp() {
    const env = { PATH: process.env['PATH'], TARGET_ROOT: tree };
    const hook = 'elements/bootloader/cleanup.d/98-grub-stand-ins';
    const { status, stderr } = spawnSync(hook, { env, encoding: 'utf8' });
    return { status, stderr };
  }
});

describe('grub-mkrelpath takes the planned mount point off', () => {
  test.each([
    ['/boot/vmlinuz', '/vmlinuz'],
    ['/boot', ''],
    ['/boot/efi/EFI', '/EFI'],
    ['/bootstrap/file', '/bootstrap/file'],
    ['/usr/share/grub/unicode.pf2', '/usr/share/grub/unicode.pf2'],
    ['/', ''],
  ])('%s', (path, relative) => {
    expect(run('grub-mkrelpath', [path])).toEqual({ status: 0, stdout: `${relative}\n`, stderr: '' });
  });
});

function run(program: string, words: readonly string[]) {
  const env = { PATH: process.env['PATH'], ...planned };
  const { status, stdout, stderr } = spawnSync(resolve('elements/bootloader/lib', program), words, {
    env,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}
