// SPDX-License-Identifier: Apache-2.0
import * as read from './readers.ts';
import { setting } from './setting.ts';

/** What kernels and RAM disks are made of. Also for `-t kernel` and `-t initramfs` of disk-image-create. */
export const ramdiskSettings = {
  ramdiskElement: setting({
    group: 'Kernel and RAM disk',
    flags: ['--ramdisk-element'],
    argument: 'ELEMENT',
    variables: ['RAMDISK_ELEMENT'],
    help: 'Element that makes a RAM disk; used only by ramdisk-image-create.',
    defaultText: 'ramdisk',
    fallback: 'ramdisk',
    read: read.name,
  }),
  kernelVersion: setting({
    group: 'Kernel and RAM disk',
    flags: ['-k'],
    argument: 'VERSION',
    variables: ['DIB_KERNEL_VERSION', 'DIB_SIGNED_KERNEL_VERSION'],
    help: 'Version of the kernel, as in /lib/modules.',
    defaultText: 'the newest',
    fallback: null,
    read: read.text,
  }),
  moduleRoot: setting({
    group: 'Kernel and RAM disk',
    flags: ['-m'],
    argument: 'DIRECTORY',
    variables: ['DIB_MODULE_ROOT'],
    help: 'Directory of the tree that holds boot and lib/modules, when they are not those at its root.',
    fallback: '',
    read: (given) => ({ value: given }),
  }),
  udevRoot: setting({
    group: 'Kernel and RAM disk',
    variables: ['DIB_LIB_UDEV_ROOT'],
    help: 'Directory of the tree that holds lib/udev, when it is not that at its root.',
    fallback: '',
    read: (given) => ({ value: given }),
  }),
  busybox: setting({
    group: 'Kernel and RAM disk',
    variables: ['BUSYBOX'],
    help: 'The busybox to take.',
    defaultText: 'that on PATH',
    fallback: null,
    read: read.text,
  }),
  fromHost: setting({
    group: 'Kernel and RAM disk',
    flags: ['--from-host'],
    variables: ['DIB_RAMDISK_FROM_HOST'],
    isForHooks: false,
    help: 'Take programs, modules and kernel from this machine, and build no tree: hooks but those of ramdisk-install.d do not run.',
    fallback: false,
    read: read.yesOrNo,
  }),
} as const;
