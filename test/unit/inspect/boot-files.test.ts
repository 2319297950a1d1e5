// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import type { BootRule } from '../../../lib/inspect/boot-files.ts';
import { chooseBootFiles, hasKernel } from '../../../lib/inspect/boot-files.ts';

const where = '(loop0)/boot of image.raw';

function chosen(rule: BootRule, ...names: readonly string[]): string {
  const result = chooseBootFiles(names, rule, where);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return `${result.value.kernel} ${result.value.initrd}`;
}

function problemsOf(rule: BootRule, ...names: readonly string[]): readonly string[] {
  const result = chooseBootFiles(names, rule, where);
  return result.ok ? [] : result.problems.map(({ message }) => message);
}

/** What Debian has in /boot for a version. */
const debian = (version: string): readonly string[] => [
  `config-${version}`,
  `System.map-${version}`,
  `vmlinuz-${version}`,
  `initrd.img-${version}`,
];

const fedora = (version: string): readonly string[] => [
  `config-${version}`,
  `.vmlinuz-${version}.hmac`,
  `vmlinuz-${version}`,
  `initramfs-${version}.img`,
];

describe('debian', () => {
  test('the newest by version, not by letter', () => {
    const names = [
      'grub',
      ...debian('6.1.0-9-amd64'),
      ...debian('6.1.0-10-amd64'),
      ...debian('5.10.0-30-amd64'),
    ];
    expect(chosen('debian', ...names)).toBe('vmlinuz-6.1.0-10-amd64 initrd.img-6.1.0-10-amd64');
  });

  test('generic before all others, whatever their version', () => {
    const names = [
      ...debian('6.8.0-45-lowlatency'),
      ...debian('6.8.0-40-generic'),
      ...debian('6.8.0-9-generic'),
    ];
    expect(chosen('debian', ...names)).toBe('vmlinuz-6.8.0-40-generic initrd.img-6.8.0-40-generic');
  });

  test('a release before its candidates', () => {
    const names = [...debian('6.12~rc6-amd64'), ...debian('6.12-amd64')];
    expect(chosen('debian', ...names)).toBe('vmlinuz-6.12-amd64 initrd.img-6.12-amd64');
  });

  test('not what tools leave beside a kernel', () => {
    const names = [...debian('6.1.0-9-amd64'), 'vmlinuz-6.1.0-9-amd64.old', 'initrd.img-6.1.0-9-amd64.old'];
    const others = [
      'vmlinuz-6.1.0-9-amd64.dpkg-new',
      'vmlinuz-6.1.0-9-amd64~',
      'vmlinuz-6.1.0-9-amd64.efi.signed',
    ];
    expect(chosen('debian', ...names, ...others)).toBe('vmlinuz-6.1.0-9-amd64 initrd.img-6.1.0-9-amd64');
  });

  test('initrd-VERSION, and files without any version', () => {
    expect(chosen('debian', 'vmlinuz-6.1', 'initrd-6.1')).toBe('vmlinuz-6.1 initrd-6.1');
    expect(chosen('debian', 'vmlinuz', 'initrd.img', 'etc')).toBe('vmlinuz initrd.img');
    expect(chosen('debian', 'vmlinux-6.1.0-9-powerpc64le', 'initrd.img-6.1.0-9-powerpc64le')).toBe(
      'vmlinux-6.1.0-9-powerpc64le initrd.img-6.1.0-9-powerpc64le',
    );
  });

  test('never the initrd of another version', () => {
    expect(problemsOf('debian', ...debian('6.1.0-9-amd64'), 'vmlinuz-6.1.0-10-amd64')).toEqual([
      `there is no initrd for vmlinuz-6.1.0-10-amd64 in ${where}: initrd.img-6.1.0-10-amd64 or initrd-6.1.0-10-amd64 is missing`,
    ]);
  });
});

describe('redhat', () => {
  test('the newest by version', () => {
    const names = [...fedora('6.9.7-200.fc40.x86_64'), ...fedora('6.10.3-200.fc40.x86_64')];
    expect(chosen('redhat', ...names)).toBe(
      'vmlinuz-6.10.3-200.fc40.x86_64 initramfs-6.10.3-200.fc40.x86_64.img',
    );
  });

  test('PAE before all others', () => {
    const names = [...fedora('3.11.10-301.fc20.i686'), ...fedora('3.11.10-300.fc20.i686+PAE')];
    expect(chosen('redhat', ...names)).toBe(
      'vmlinuz-3.11.10-300.fc20.i686+PAE initramfs-3.11.10-300.fc20.i686+PAE.img',
    );
  });

  test('neither one for rescue nor one for debugging', () => {
    const rescue = '0-rescue-0123456789abcdef0123456789abcdef';
    const names = [
      ...fedora(rescue),
      ...fedora('5.14.0-503.el9.x86_64'),
      ...fedora('5.14.0-504.el9.x86_64+debug'),
    ];
    const kdump = 'initramfs-5.14.0-503.el9.x86_64kdump.img';
    expect(chosen('redhat', kdump, ...names)).toBe(
      'vmlinuz-5.14.0-503.el9.x86_64 initramfs-5.14.0-503.el9.x86_64.img',
    );
    expect(problemsOf('redhat', ...fedora(rescue))).toEqual([
      `there is no kernel in ${where}, where redhat would have it`,
    ]);
  });

  test('its initramfs must be there', () => {
    expect(problemsOf('redhat', 'vmlinuz-6.1', 'initrd.img-6.1', 'initramfs-6.0.img')).toEqual([
      `there is no initrd for vmlinuz-6.1 in ${where}: initramfs-6.1.img is missing`,
    ]);
  });
});

test('suse: what the links say', () => {
  const names = ['vmlinuz-5.14.21-1-default', 'vmlinuz-5.3.18-2-default', 'vmlinuz', 'initrd'];
  expect(chosen('suse', ...names)).toBe('vmlinuz initrd');
  expect(problemsOf('suse', 'vmlinuz-5.14.21-1-default', 'initrd-5.14.21-1-default')).toEqual([
    `there is no kernel in ${where}, where suse would have it`,
  ]);
});

test('gentoo: kernels under both of their names', () => {
  expect(
    chosen('gentoo', 'vmlinuz-6.6.9-gentoo', 'vmlinuz-6.6.13-gentoo', 'initramfs-6.6.13-gentoo.img'),
  ).toBe('vmlinuz-6.6.13-gentoo initramfs-6.6.13-gentoo.img');
  const genkernel = 'genkernel-x86_64-4.9.16-gentoo';
  expect(chosen('gentoo', `kernel-${genkernel}`, `initramfs-${genkernel}`)).toBe(
    `kernel-${genkernel} initramfs-${genkernel}`,
  );
});

describe('patterns', () => {
  const rule = { kernel: 'linux-[0-9]*.bin', initrd: 'init?d' };

  test('what they match, the newest of each, whatever the operating system', () => {
    const names = [
      'linux-9.bin',
      'linux-10.bin',
      'linux-x.bin',
      'linux-11xbin',
      'vmlinuz-12',
      'initrd',
      'init',
    ];
    expect(chosen(rule, ...names)).toBe('linux-10.bin initrd');
  });

  test('nothing else', () => {
    expect(problemsOf(rule, 'vmlinuz-12', 'initrd')).toEqual([
      `there is no kernel linux-[0-9]*.bin in ${where}`,
    ]);
    expect(problemsOf(rule, 'linux-9.bin', 'initrd.img')).toEqual([
      `there is no initrd init?d for linux-9.bin in ${where}`,
    ]);
    expect(chosen({ kernel: 'linux-[!a-c]', initrd: 'i(1)' }, 'linux-a', 'linux-d', 'i(1)')).toBe(
      'linux-d i(1)',
    );
  });
});

test('of an unknown system only that it has a kernel can be said', () => {
  expect(hasKernel(['vmlinuz-6.1'], null)).toBe(true);
  expect(hasKernel(['grub', 'config-6.1'], null)).toBe(false);
  expect(problemsOf(null, 'vmlinuz-6.1', 'initrd.img-6.1')).toEqual([
    `unable to detect the operating system of ${where}`,
  ]);
});
