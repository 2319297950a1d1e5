// SPDX-License-Identifier: Apache-2.0
import type { ElementName } from '../model/brands.ts';
import { elementName } from '../model/brands.ts';

/** The few names of elements that the program itself acts on, and why. Everything else about elements is theirs. */

/** Put in front of what the user names, unless `-n`: what nearly every image wants. */
export const baseElement = elementName('base');

/** Put in front by ramdisk-image-create, unless RAMDISK_ELEMENT names another. */
export const defaultRamdiskElement = elementName('ramdisk');

/** Provided by every element that makes a root file system: without one there is nothing to build. */
export const operatingSystem = elementName('operating-system');

/** Asks for an image that boots in a virtual machine, so for a disk layout: see `defaultBlockDevice`. */
export const virtualMachine = elementName('vm');

/** Provided by every element that brings a disk layout. */
export const blockDevice = elementName('block-device');

/** Elements of this beginning bring a disk layout even when they forget to say so in element-provides. */
export const blockDevicePrefix = 'block-device-';

/** Its presence in the closure, by any element whose name contains it, means that no image file is wanted. */
export const noFinalImage = 'no-final-image';

/** Configures GRUB in its finalise hook, so that an image that has it boots by itself. */
export const bootloader = elementName('bootloader');

/** The disk layout taken when `vm` is built and nothing else brings one: 64-bit ARM machines start by UEFI only. */
export function defaultBlockDevice(arch: string): ElementName {
  return elementName(isArm64(arch) ? 'block-device-efi' : 'block-device-mbr');
}

/** Debian and the kernel call it by different names. */
export const isArm64 = (arch: string): boolean => arch === 'arm64' || arch === 'aarch64';

/** Its hooks install what package-installs files ask for; without it those files mean nothing. */
export const packageInstalls = elementName('package-installs');
