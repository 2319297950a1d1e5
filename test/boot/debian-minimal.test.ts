// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Firmware } from '../../lib/boot/qemu-argv.ts';
import { GiB } from '../../lib/model/brands.ts';
import { buildImage } from '../support/built-image.ts';
import { withGuest } from '../support/guest.ts';
import type { Guest } from '../support/guest.ts';
import type { Identity } from '../support/guest-checks.ts';
import {
  expectBootSettings,
  expectDistinct,
  expectNetwork,
  expectRunning,
  expectSoundPackages,
  expectUnchangedFiles,
  identityOf,
  installGrub,
  updateGrub,
} from '../support/guest-checks.ts';
import { answerOf, extReader, overlayOf, partitionsOf, rawCopy, virtualSize } from '../support/read-disk.ts';
import type { Partition } from '../support/read-disk.ts';
import { useImageDirectory } from '../support/image-directory.ts';
import { requires } from '../support/requires.ts';
import {
  expectFresh,
  expectSoundExt,
  expectSoundGpt,
  expectSoundMbr,
  expectSoundQcow2,
  expectSoundVfat,
} from '../support/sound-disk.ts';

const isReady = requires({
  namespaces: true,
  network: true,
  programs: [
    'mmdebstrap',
    'qemu-system-x86_64',
    'qemu-img',
    'sfdisk',
    'sgdisk',
    'e2fsck',
    'debugfs',
    'fsck.vfat',
  ],
});

const directory = useImageDirectory();

const elements = [
  'debian-minimal',
  'devuser',
  'openssh-server',
  'growroot',
  '-p',
  'ifupdown,isc-dhcp-client',
];
/** The kernel for virtual machines and packing by zstd, which is less work; once, the image is as by default. */
const quick = { DIB_DEBIAN_KERNEL: 'cloud', DIB_QCOW2_COMPRESSION: 'zstd' };

type Disk = { readonly image: string; readonly raw: string; readonly partitions: readonly Partition[] };

async function disk(name: string, words: readonly string[], environment = {}): Promise<Disk> {
  const image = await buildImage({ directory: directory(), name, words, environment });
  const raw = await rawCopy(image);
  return { image, raw, partitions: await partitionsOf(raw) };
}

const typesOf = ({ partitions }: Disk): readonly string[] => partitions.map(({ type }) => type);

function partition({ partitions }: Disk, type: string): Partition {
  const found = partitions.find((candidate) => candidate.type === type);
  if (found === undefined) throw new Error(`no partition of type ${type}`);
  return found;
}

/** What sfdisk calls a partition for Linux, EFI's own, and the one that GRUB keeps its image in. */
const types = {
  mbrLinux: '83',
  linux: '0FC63DAF-8483-4772-8E79-3D69D8477DE4',
  efi: 'C12A7328-F81F-11D2-BA4B-00A0C93EC93B',
  biosBoot: '21686148-6449-6E6F-744E-656564454649',
};

describe('vm debian-minimal', () => {
  let built: Disk;
  beforeAll(async () => {
    if (isReady) built = await disk('a.qcow2', ['vm', ...elements]);
  });

  test('is a sound disk, and as if it had never run', async () => {
    await expectSoundQcow2(built.image);
    await expectSoundMbr(built.raw);
    expect(typesOf(built)).toEqual([types.mbrLinux]);
    const root = partition(built, types.mbrLinux);
    await expectSoundExt(built.raw, root);
    await expectFresh(extReader(built.raw, root));
  });

  test('grows to its disk, is a Debian like any other, and boots again by GRUB of its own', async ({
    annotate,
  }) => {
    expect(await virtualSize(built.image)).toBeLessThan(2 * GiB);
    const image = join(directory(), 'larger.qcow2');
    await overlayOf(built.image, image, '3G');
    const identity = await withGuest({ image, firmware: 'bios', keepsChanges: true }, async (guest) => {
      await annotate(`BIOS, MBR: logged in after ${guest.loginSeconds.toFixed(1)} s`);
      expect(guest.console()).toContain('The highlighted entry will be executed automatically in 5s');
      await expectRunning(guest);
      const size = Number(await guest.asRoot('findmnt --noheadings --bytes --output SIZE /'));
      expect(size).toBeGreaterThan(2.7 * GiB);
      await expectNetwork(guest);
      await expectBootSettings(guest);
      await expectSoundPackages(guest);
      await expectUnchangedFiles(guest);
      await updateGrub(guest);
      await installGrub(guest, 'i386-pc', '/dev/vda');
      const own = await identityOf(guest);
      await guest.powerOff();
      return own;
    });
    const raw = await rawCopy(image);
    await expectSoundMbr(raw);
    for (const part of await partitionsOf(raw)) await expectSoundExt(raw, part);
    await withGuest({ image, firmware: 'bios' }, async (guest) => {
      await annotate(`the same a second time: logged in after ${guest.loginSeconds.toFixed(1)} s`);
      await expectRunning(guest);
      expect(await identityOf(guest)).toEqual(identity);
    });
  });
});

describe('vm block-device-gpt debian-minimal', () => {
  let built: Disk;
  beforeAll(async () => {
    if (isReady) built = await disk('gpt.qcow2', ['vm', 'block-device-gpt', ...elements], quick);
  });

  test('is a sound disk', async () => {
    await expectSoundQcow2(built.image);
    await expectSoundGpt(built.raw);
    expect(typesOf(built)).toContain(types.biosBoot);
    await expectSoundExt(built.raw, partition(built, types.linux));
  });

  test('boots by BIOS', async ({ annotate }) => {
    await withGuest({ image: built.image, firmware: 'bios' }, async (guest) => {
      await annotate(`BIOS, GPT: logged in after ${guest.loginSeconds.toFixed(1)} s`);
      await expectRunning(guest);
      await expectBootSettings(guest);
    });
  });
});

describe('vm block-device-efi debian-minimal', () => {
  let built: Disk;
  const identities: Identity[] = [];
  beforeAll(async () => {
    if (isReady) built = await disk('efi.qcow2', ['vm', 'block-device-efi', ...elements], quick);
  });

  test('is a sound disk with an EFI system partition', async () => {
    await expectSoundQcow2(built.image);
    await expectSoundGpt(built.raw);
    expect(typesOf(built)).toEqual([types.efi, types.biosBoot, types.linux]);
    await expectSoundExt(built.raw, partition(built, types.linux));
    const esp = partition(built, types.efi);
    await expectSoundVfat(built.raw, esp, directory());
    const files = await answerOf('mdir', '-/', '-b', '-i', `${built.raw}@@${esp.start}`, '::');
    expect(files).toEqual({ exitStatus: 0, stdout: '::/EFI/\n::/EFI/BOOT/\n::/EFI/BOOT/BOOTX64.EFI\n' });
  });

  test('boots by BIOS', async ({ annotate }) => {
    await withGuest({ image: built.image, firmware: 'bios' }, async (guest) => {
      await annotate(`BIOS, EFI disk: logged in after ${guest.loginSeconds.toFixed(1)} s`);
      await expectUpBy(guest, 'bios');
      identities.push(await identityOf(guest));
    });
  });

  test('boots by UEFI, and again by GRUB of its own', async ({ annotate }) => {
    const image = join(directory(), 'changed.qcow2');
    await overlayOf(built.image, image, null);
    await withGuest({ image, firmware: 'uefi', keepsChanges: true }, async (guest) => {
      await annotate(`UEFI, EFI disk: logged in after ${guest.loginSeconds.toFixed(1)} s`);
      await expectUpBy(guest, 'uefi');
      identities.push(await identityOf(guest));
      await updateGrub(guest);
      await installGrub(guest, 'i386-pc', '/dev/vda');
      await installGrub(guest, 'x86_64-efi', '--removable');
      await guest.powerOff();
    });
    await withGuest({ image, firmware: 'uefi' }, async (guest) => {
      await annotate(`the same a second time: logged in after ${guest.loginSeconds.toFixed(1)} s`);
      await expectRunning(guest);
    });
  });

  test('makes machines that have nothing of their identity in common', () => {
    expect(identities).toHaveLength(2);
    const [one, other] = identities as [Identity, Identity];
    expectDistinct(one, other);
  });
});

async function expectUpBy(guest: Guest, firmware: Firmware): Promise<void> {
  await expectRunning(guest);
  await expectBootSettings(guest);
  const isUefi = await guest.asRoot('if [ -d /sys/firmware/efi ]; then echo uefi; else echo bios; fi');
  expect(isUefi).toBe(`${firmware}\n`);
  const mounted = await guest.asRoot('findmnt --noheadings --raw --output SOURCE,FSTYPE /boot/efi');
  expect(mounted).toBe('/dev/vda1 vfat\n');
}
