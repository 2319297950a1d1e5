// SPDX-License-Identifier: Apache-2.0
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { buildImage, quick } from '../support/built-image.ts';
import { withGuest } from '../support/guest.ts';
import { expectRunning } from '../support/guest-checks.ts';
import { useImageDirectory } from '../support/image-directory.ts';
import { partitionsOf, rawCopy } from '../support/read-disk.ts';
import { requires } from '../support/requires.ts';
import { expectSoundExt, expectSoundGpt, expectSoundMbr, expectSoundVfat } from '../support/sound-disk.ts';

const isReady = requires({
  root: true,
  network: true,
  programs: [
    ...['mmdebstrap', 'qemu-system-x86_64', 'qemu-img', 'losetup', 'addpart'],
    ...['sfdisk', 'sgdisk', 'e2fsck', 'fsck.vfat'],
  ],
});

const directory = useImageDirectory();

/** A boot loader as many elements have it: GRUB's own installer, on the device that the build names. */
const ownLoader = {
  'README.md': '# own-loader\n\nInstalls GRUB by its own installer.\n',
  'element-deps': 'package-installs\n',
  'element-provides': 'bootloader\n',
  'package-installs.yaml': 'grub-pc:\ngrub-efi-amd64-bin:\n',
  'finalise.d/50-own-loader': `#!/bin/bash
set -eu -o pipefail
cat >>/etc/default/grub <<'SETTINGS'
GRUB_TIMEOUT=0
GRUB_TERMINAL=serial
GRUB_SERIAL_COMMAND="serial --speed=115200"
GRUB_CMDLINE_LINUX="console=ttyS0,115200"
SETTINGS
grub-install $IMAGE_BLOCK_DEVICE_WITHOUT_PART
if [ -d /boot/efi ]; then grub-install --target=x86_64-efi --removable --force; fi
update-grub
`,
};

async function build(name: string, layout: string): Promise<string> {
  for (const [path, text] of Object.entries(ownLoader)) {
    const file = join(directory(), 'elements/own-loader', path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    chmodSync(file, path.includes('.d/') ? 0o755 : 0o644);
  }
  return buildImage({
    directory: directory(),
    name,
    words: ['own-loader', 'vm', layout, 'debian-minimal', 'devuser'],
    environment: {
      ELEMENTS_PATH: join(directory(), 'elements'),
      ...quick,
    },
  });
}

describe('grub-install $IMAGE_BLOCK_DEVICE_WITHOUT_PART', () => {
  let image: string;
  beforeAll(async () => {
    if (isReady) image = await build('mbr.qcow2', 'block-device-mbr');
  });

  test('leaves a sound disk', async () => {
    const raw = await rawCopy(image);
    await expectSoundMbr(raw);
    const [root] = await partitionsOf(raw);
    expect(root).toBeDefined();
    if (root !== undefined) await expectSoundExt(raw, root);
  });

  test('gives an image that boots by BIOS', async ({ annotate }) => {
    await withGuest({ image, firmware: 'bios' }, async (guest) => {
      await annotate(`logged in after ${guest.loginSeconds.toFixed(1)} s`);
      await expectRunning(guest);
      expect(await guest.asRoot('cat /proc/cmdline')).toMatch(
        / root=UUID=[-\da-f]{36} ro console=ttyS0,115200 /,
      );
      expect(await guest.asRoot('grub-probe --target=partmap /boot')).toBe('msdos\n');
    });
  });
});

describe('the same on a disk for UEFI and BIOS', () => {
  let image: string;
  beforeAll(async () => {
    if (isReady) image = await build('efi.qcow2', 'block-device-efi');
  });

  test('leaves a sound disk', async () => {
    const raw = await rawCopy(image);
    await expectSoundGpt(raw);
    const [esp, , root] = await partitionsOf(raw);
    if (esp === undefined || root === undefined) throw new Error('partitions are missing');
    await expectSoundVfat(raw, esp, directory());
    await expectSoundExt(raw, root);
  });

  test.each(['bios', 'uefi'] as const)('gives an image that boots by %s', async (firmware) => {
    await withGuest({ image, firmware }, async (guest) => {
      await expectRunning(guest);
      const found = await guest.asRoot('if [ -d /sys/firmware/efi ]; then echo uefi; else echo bios; fi');
      expect(found).toBe(`${firmware}\n`);
    });
  });
});
