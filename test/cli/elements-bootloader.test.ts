// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

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
