// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import type { KernelTerms } from '../../../lib/ramdisk/choose-kernel.ts';
import { chooseKernel } from '../../../lib/ramdisk/choose-kernel.ts';
import { kernelTree } from '../../support/kernel-tree.ts';

type Files = Readonly<Record<string, string>>;

const choose = (files: Files, terms: Partial<KernelTerms> = {}): ReturnType<typeof chooseKernel> =>
  chooseKernel(kernelTree(files), { version: null, moduleRoot: '', isHost: false, ...terms });

/** What Debian installs of each kernel. */
const debian = (...versions: readonly string[]): Files =>
  Object.fromEntries(
    versions.flatMap((version) => [
      [`/boot/vmlinuz-${version}`, 'kernel'],
      [`/boot/config-${version}`, 'CONFIG_X=y'],
      [`/boot/initrd.img-${version}`, 'initrd'],
      [`/lib/modules/${version}/modules.dep`, ''],
    ]),
  );

const chosen = (version: string, image: string, modules: string | null): ReturnType<typeof chooseKernel> => ({
  ok: true,
  value: { version, image, modules },
});

describe('the newest', () => {
  test('by numbers, not by letters', () => {
    expect(choose(debian('6.1.0-9-amd64', '6.1.0-10-amd64', '5.10.0-30-amd64'))).toEqual(
      chosen('6.1.0-10-amd64', '/boot/vmlinuz-6.1.0-10-amd64', '/lib/modules/6.1.0-10-amd64'),
    );
  });

  test('that has modules', () => {
    const files = { ...debian('6.1.0-9-amd64'), '/boot/vmlinuz-6.1.0-10-amd64': 'kernel' };
    expect(choose(files)).toEqual(
      chosen('6.1.0-9-amd64', '/boot/vmlinuz-6.1.0-9-amd64', '/lib/modules/6.1.0-9-amd64'),
    );
  });

  test('without modules when none has any', () => {
    const files = {
      '/boot/vmlinuz-6.1': 'kernel',
      '/boot/vmlinuz-6.9': 'kernel',
      '/lib/modules/6.9': 'a file',
    };
    expect(choose(files)).toEqual(chosen('6.9', '/boot/vmlinuz-6.9', null));
  });

  test('never one for rescue, nor what tools leave beside kernels', () => {
    const rescue = '0-rescue-0123456789abcdef0123456789abcdef';
    const left = ['6.9.old', '6.9.dpkg-new', '6.9~', '6.9.gz'];
    expect(choose(debian('6.1', rescue, ...left, '7-rescue'))).toEqual(
      chosen('6.1', '/boot/vmlinuz-6.1', '/lib/modules/6.1'),
    );
    expect(choose(debian(rescue)).ok).toBe(false);
  });

  test('in lib/modules, where ostree and Fedora have it', () => {
    const files = {
      '/lib': '-> usr/lib',
      '/usr/lib/modules/6.10.3-200.fc40.x86_64/vmlinuz': 'kernel',
      '/usr/lib/modules/6.9.7-200.fc40.x86_64/vmlinuz': 'kernel',
      '/usr/lib/modules/6.11.0/modules.dep': 'an old directory',
    };
    const directory = '/usr/lib/modules/6.10.3-200.fc40.x86_64';
    expect(choose(files)).toEqual(chosen('6.10.3-200.fc40.x86_64', `${directory}/vmlinuz`, directory));
  });

  test('where a link leads', () => {
    const files = {
      '/boot/vmlinuz-6.4.0-1-default': '-> ../usr/lib/modules/6.4.0-1-default/vmlinuz',
      '/boot/vmlinuz-6.5.0-1-default': '-> ../usr/lib/modules/6.5.0-1-default/vmlinuz',
      '/lib/modules': '-> /usr/lib/modules',
      '/usr/lib/modules/6.4.0-1-default/vmlinuz': 'kernel',
    };
    const directory = '/usr/lib/modules/6.4.0-1-default';
    expect(choose(files)).toEqual(chosen('6.4.0-1-default', `${directory}/vmlinuz`, directory));
  });
});

test('names of other architectures, the one that boot loaders start before the others', () => {
  const modules = { '/lib/modules/6.1/modules.dep': '' };
  const names = ['vmlinux', 'Image', 'zImage'];
  for (const name of names)
    expect(choose({ ...modules, [`/boot/${name}-6.1`]: 'kernel' })).toEqual(
      chosen('6.1', `/boot/${name}-6.1`, '/lib/modules/6.1'),
    );
  expect(choose({ ...modules, '/boot/vmlinux-6.1': 'for debuggers', '/boot/vmlinuz-6.1': 'kernel' })).toEqual(
    chosen('6.1', '/boot/vmlinuz-6.1', '/lib/modules/6.1'),
  );
});

describe('a signed image', () => {
  const files = { ...debian('6.2.0-39-generic'), '/boot/vmlinuz-6.2.0-39-generic.efi.signed': 'signed' };
  const modules = '/lib/modules/6.2.0-39-generic';

  test('when it is asked for', () => {
    expect(choose(files, { version: '6.2.0-39-generic.efi.signed' })).toEqual(
      chosen('6.2.0-39-generic', '/boot/vmlinuz-6.2.0-39-generic.efi.signed', modules),
    );
    expect(choose(files)).toEqual(chosen('6.2.0-39-generic', '/boot/vmlinuz-6.2.0-39-generic', modules));
  });

  test('when there is no other', () => {
    const alone = {
      '/boot/vmlinuz-6.2.0-39-generic.efi.signed': 'signed',
      [`${modules}/modules.dep`]: '',
    };
    expect(choose(alone)).toEqual(
      chosen('6.2.0-39-generic', '/boot/vmlinuz-6.2.0-39-generic.efi.signed', modules),
    );
  });
});

describe('by name', () => {
  const files = debian('6.1.0-9-amd64', '6.1.0-10-amd64', '0-rescue-ab');

  test('whatever it is', () => {
    expect(choose(files, { version: '6.1.0-9-amd64' })).toEqual(
      chosen('6.1.0-9-amd64', '/boot/vmlinuz-6.1.0-9-amd64', '/lib/modules/6.1.0-9-amd64'),
    );
    expect(choose(files, { version: '0-rescue-ab' })).toEqual(
      chosen('0-rescue-ab', '/boot/vmlinuz-0-rescue-ab', '/lib/modules/0-rescue-ab'),
    );
  });

  test('that is not there: what is', () => {
    expect(choose(files, { version: '6.1.0-11-amd64' })).toEqual({
      ok: false,
      problems: [
        {
          message: 'there is no kernel 6.1.0-11-amd64 in the tree',
          hints: [
            'looked for vmlinuz-6.1.0-11-amd64, vmlinux-6.1.0-11-amd64, Image-6.1.0-11-amd64, zImage-6.1.0-11-amd64 in /boot, and for /lib/modules/6.1.0-11-amd64/vmlinuz',
            'there are: 0-rescue-ab, 6.1.0-10-amd64, 6.1.0-9-amd64',
            'install the package of that kernel in an element, or name another: -k VERSION (DIB_KERNEL_VERSION)',
          ],
        },
      ],
    });
  });
});

describe('below a root of its own', () => {
  const own = { '/opt/kernel/lib/modules/6.6-own/modules.dep': '' };

  test('its kernel, or that of the tree with the same version', () => {
    const directory = '/opt/kernel/lib/modules/6.6-own';
    const inTree = { ...own, ...debian('6.9'), '/boot/vmlinuz-6.6-own': 'kernel' };
    for (const moduleRoot of ['/opt/kernel', '/opt/kernel/', 'opt/kernel'])
      expect(choose(inTree, { moduleRoot })).toEqual(chosen('6.6-own', '/boot/vmlinuz-6.6-own', directory));
    const ofItsOwn = { ...inTree, '/opt/kernel/boot/vmlinuz-6.6-own': 'kernel' };
    expect(choose(ofItsOwn, { moduleRoot: '/opt/kernel' })).toEqual(
      chosen('6.6-own', '/opt/kernel/boot/vmlinuz-6.6-own', directory),
    );
  });

  test('without the modules that it is named for', () => {
    expect(choose(debian('6.1'), { moduleRoot: '/opt/kernel' })).toEqual({
      ok: false,
      problems: [
        {
          message: 'the kernel 6.1 has no modules: /opt/kernel/lib/modules/6.1 is not a directory',
          hints: [
            'there are: 6.1',
            'correct -m ROOT (DIB_MODULE_ROOT): lib/modules lies in it; or name another kernel: -k VERSION (DIB_KERNEL_VERSION)',
          ],
        },
      ],
    });
  });
});

test('a machine without the kernel that is wanted', () => {
  const chosenOnMachine = choose(debian('6.1.0-10-amd64'), { version: '6.2', isHost: true });
  expect(chosenOnMachine).toEqual({
    ok: false,
    problems: [
      {
        message: 'there is no kernel 6.2 on this machine',
        hints: [
          'looked for vmlinuz-6.2, vmlinux-6.2, Image-6.2, zImage-6.2 in /boot, and for /lib/modules/6.2/vmlinuz',
          'there are: 6.1.0-10-amd64',
          'install the package of that kernel, or name another: -k VERSION (DIB_KERNEL_VERSION)',
        ],
      },
    ],
  });
});

test('a tree without any kernel', () => {
  expect(choose({ '/etc/hostname': 'x', '/boot/grub/grub.cfg': '' })).toEqual({
    ok: false,
    problems: [
      {
        message: 'there is no kernel in the tree',
        hints: [
          'looked for vmlinuz-VERSION, vmlinux-VERSION, Image-VERSION, zImage-VERSION in /boot, and for /lib/modules/VERSION/vmlinuz',
          'install a kernel package in an element, or name a directory that has one: -m ROOT (DIB_MODULE_ROOT)',
        ],
      },
    ],
  });
});
