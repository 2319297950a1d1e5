// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { asQcow2, converted, makeDisk, makeFileSystem } from '../support/boot-disks.ts';
import type { MadeFileSystem, TreeFiles } from '../support/boot-disks.ts';
import { useBuildPlace } from '../support/build-place.ts';
import { requires } from '../support/requires.ts';

const programs = [
  'grub-fstest',
  'qemu-img',
  'mkfs.xfs',
  'mkfs.btrfs',
  'mkfs.vfat',
  'mcopy',
  'mke2fs',
  'sfdisk',
];
requires({ programs });

/** Runs as someone who can neither mount nor read a device. */
const place = useBuildPlace('an ordinary user');
let images: string;
beforeEach(() => {
  images = mkdtempSync(join(tmpdir(), 'dib-disks-'));
  chmodSync(images, 0o755);
});
afterEach(() => rmSync(images, { recursive: true }));

/** Larger than a block of any file system, and different each time. */
const bytesOf = (name: string): string => `${name}\n`.repeat(20_000);

const debianBoot = (...versions: readonly string[]): TreeFiles =>
  Object.fromEntries(
    versions.flatMap((version) => [
      [`vmlinuz-${version}`, bytesOf(`kernel ${version}`)],
      [`initrd.img-${version}`, bytesOf(`initrd ${version}`)],
      [`config-${version}`, 'CONFIG_X=y\n'],
    ]),
  );

const below = (directory: string, files: TreeFiles): TreeFiles =>
  Object.fromEntries(Object.entries(files).map(([path, text]) => [`${directory}/${path}`, text]));

const versions = ['6.1.0-9-amd64', '6.1.0-10-amd64'];
const newest = { kernel: bytesOf('kernel 6.1.0-10-amd64'), initrd: bytesOf('initrd 6.1.0-10-amd64') };
const etc: TreeFiles = { 'etc/debian_version': '12.8\n' };

const wholeRoot = (type: MadeFileSystem['type']): MadeFileSystem => ({
  type,
  files: {
    ...etc,
    ...below('boot', debianBoot(...versions)),
    vmlinuz: '-> boot/vmlinuz-6.1.0-10-amd64',
    'initrd.img': '-> boot/initrd.img-6.1.0-10-amd64',
  },
});

type Outcome = { readonly status: number | null; readonly stdout: string; readonly stderr: string };

function getKernel(argv: readonly string[], environment: Readonly<Record<string, string>> = {}): Outcome {
  const { person, out, path, program, directory } = place();
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [program('disk-image-get-kernel'), ...argv],
    {
      cwd: out,
      encoding: 'utf8',
      env: { PATH: path, TMPDIR: join(directory, 'tmp'), ...environment },
      ...(process.getuid?.() === 0 ? { uid: person.uid, gid: person.gid } : {}),
    },
  );
  return { status, stdout, stderr: stderr.replaceAll(images, '{images}').replaceAll(directory, '{place}') };
}

/** Both files as they were read, by an ordinary user, into the directory he stands in. */
function filesOf(image: string, environment?: Readonly<Record<string, string>>): unknown {
  const outcome = getKernel(['-i', image, '-d', '.', '-o', 'web'], environment);
  expect(outcome).toEqual({ status: 0, stdout: 'web-vmlinuz,web-initrd\n', stderr: '' });
  const { out, directory } = place();
  expect(readdirSync(out).sort()).toEqual(['web-initrd', 'web-vmlinuz']);
  expect(readdirSync(join(directory, 'tmp'))).toEqual([]);
  return {
    kernel: readFileSync(join(out, 'web-vmlinuz'), 'utf8'),
    initrd: readFileSync(join(out, 'web-initrd'), 'utf8'),
  };
}

describe('without a partition table', () => {
  test.each(['ext4', 'xfs', 'btrfs'] as const)('%s, raw and qcow2', (type) => {
    const raw = makeFileSystem(images, 'root', wholeRoot(type));
    expect(filesOf(raw)).toEqual(newest);
    const qcow2 = asQcow2(raw);
    rmSync(raw);
    expect(filesOf(qcow2)).toEqual(newest);
  });
});

test.each(['vpc', 'vhdx', 'vmdk', 'vdi'])('%s is read too', (format) => {
  expect(filesOf(converted(makeFileSystem(images, 'root', wholeRoot('ext4')), format))).toEqual(newest);
});

describe('MBR', () => {
  test.each(['ext4', 'xfs', 'btrfs'] as const)('with the whole system on %s', (type) => {
    const partitions = [{ type: '83', content: wholeRoot(type) }];
    expect(filesOf(makeDisk(images, 'disk', { table: 'dos', partitions }))).toEqual(newest);
  });

  test.each(['ext4', 'xfs', 'btrfs', 'vfat'] as const)('with /boot apart, on %s', (type) => {
    // As a link at the top of the root it cannot be followed: what it means lies on the other partition.
    const root: MadeFileSystem = {
      type: 'ext4',
      files: { ...etc, vmlinuz: '-> boot/vmlinuz-6.1.0-10-amd64' },
    };
    const partitions = [
      { type: '83', content: { type, files: debianBoot(...versions) } },
      { type: '83', content: root },
    ];
    const raw = makeDisk(images, 'disk', { table: 'dos', partitions });
    expect(filesOf(raw)).toEqual(newest);
    expect(filesOf(asQcow2(raw))).toEqual(newest);
  });
});

describe('GPT with an EFI system partition', () => {
  const esp = { type: 'U', content: { type: 'vfat', files: { 'EFI/BOOT/BOOTX64.EFI': 'GRUB' } } } as const;

  test.each(['ext4', 'xfs', 'btrfs'] as const)('with the whole system on %s', (type) => {
    const partitions = [esp, { type: 'L', content: wholeRoot(type) }];
    const raw = makeDisk(images, 'disk', { table: 'gpt', partitions });
    expect(filesOf(raw)).toEqual(newest);
    expect(filesOf(asQcow2(raw))).toEqual(newest);
  });

  test('that is /boot itself', () => {
    const boot = { type: 'U', content: { type: 'vfat', files: debianBoot(...versions) } } as const;
    const root = { type: 'L', content: { type: 'ext4', files: etc } } as const;
    const raw = makeDisk(images, 'disk', { table: 'gpt', partitions: [boot, root] });
    expect(filesOf(raw)).toEqual(newest);
  });
});

describe('other systems', () => {
  test('SUSE, whose links in /boot say which kernel it is', () => {
    const files = {
      'etc/os-release': 'NAME="openSUSE Leap"\nID="opensuse-leap"\nID_LIKE="suse opensuse"\n',
      'boot/vmlinuz-5.14.21-2-default': bytesOf('kernel'),
      'boot/initrd-5.14.21-2-default': bytesOf('initrd'),
      'boot/vmlinuz-5.14.21-3-default': bytesOf('not yet'),
      'boot/vmlinuz': '-> vmlinuz-5.14.21-2-default',
      'boot/initrd': '-> initrd-5.14.21-2-default',
    };
    const raw = makeFileSystem(images, 'root', { type: 'xfs', files });
    expect(filesOf(raw)).toEqual({ kernel: bytesOf('kernel'), initrd: bytesOf('initrd') });
  });

  test('Fedora, in a subvolume of btrfs and with /boot apart', () => {
    const version = '6.10.3-200.fc40.x86_64';
    const boot: TreeFiles = {
      'vmlinuz-0-rescue-0123456789abcdef': bytesOf('rescue'),
      'initramfs-0-rescue-0123456789abcdef.img': bytesOf('rescue'),
      [`vmlinuz-${version}`]: bytesOf('kernel'),
      [`initramfs-${version}.img`]: bytesOf('initrd'),
    };
    const root: TreeFiles = {
      'root/etc/fedora-release': 'Fedora release 40\n',
      'root/etc/redhat-release': '-> fedora-release',
    };
    const partitions = [
      { type: 'L', content: { type: 'ext4', files: boot } },
      { type: 'L', content: { type: 'btrfs', files: root } },
    ] as const;
    const raw = makeDisk(images, 'disk', { table: 'gpt', partitions });
    expect(filesOf(raw)).toEqual({ kernel: bytesOf('kernel'), initrd: bytesOf('initrd') });
  });

  test('any other, told by patterns', () => {
    const files = {
      'boot/linux-1.0': bytesOf('old'),
      'boot/linux-1.1': bytesOf('new'),
      'boot/rd': bytesOf('rd'),
    };
    const raw = makeFileSystem(images, 'root', { type: 'ext4', files });
    const patterns = { DIB_BAREMETAL_KERNEL_PATTERN: 'linux-*', DIB_BAREMETAL_INITRD_PATTERN: 'rd' };
    expect(filesOf(raw, patterns)).toEqual({ kernel: bytesOf('new'), initrd: bytesOf('rd') });
  });
});

test('everybody may read the files, whatever the mask; they are called baremetal by default', () => {
  const raw = makeFileSystem(images, 'root', wholeRoot('ext4'));
  const { out, person } = place();
  const words = [
    '-c',
    'umask 077; exec "$@"',
    'sh',
    process.execPath,
    place().program('disk-image-get-kernel'),
  ];
  const { status } = spawnSync('sh', [...words, '-i', raw, '-d', out], {
    env: { PATH: place().path },
    ...(process.getuid?.() === 0 ? { uid: person.uid, gid: person.gid } : {}),
  });
  expect(status).toBe(0);
  const modes = ['baremetal-vmlinuz', 'baremetal-initrd'].map(
    (name) => statSync(join(out, name)).mode & 0o777,
  );
  expect(modes).toEqual([0o644, 0o644]);
});

describe('what cannot be done', () => {
  const hintAtImage = '  name a disk image with -i, for example image.qcow2\n';

  test('an image that is not there, or may not be read', () => {
    expect(getKernel(['-i', 'nothing.raw'])).toEqual({
      status: 2,
      stdout: '',
      stderr: `image file nothing.raw is not readable: there is no such file\n${hintAtImage}`,
    });
    const secret = makeFileSystem(images, 'root', wholeRoot('ext4'));
    if (process.getuid?.() === 0) chownSync(secret, 0, 0);
    chmodSync(secret, 0o000);
    expect(getKernel(['-i', secret]).stderr).toBe(
      `image file {images}/root.ext4 is not readable: you may not read it\n${hintAtImage}`,
    );
  });

  test('an image without a kernel, and one whose initrd is missing', () => {
    const raw = makeFileSystem(images, 'root', { type: 'ext4', files: etc });
    expect(getKernel(['-i', raw, '-d', '.'])).toEqual({
      status: 2,
      stdout: '',
      stderr: `there is no kernel in {images}/root.ext4
  looked in /boot and at the top of loop0: ext2 to ext4, xfs, btrfs, FAT and others that GRUB reads
  an image that boots by itself has one: build it with the element vm
`,
    });
    const files = { ...etc, 'boot/vmlinuz-6.1': 'x' };
    const half = makeFileSystem(images, 'half', { type: 'ext4', files });
    expect(getKernel(['-i', half, '-d', '.']).stderr.split('\n')[0]).toBe(
      'there is no initrd for vmlinuz-6.1 in (loop0)/boot of {images}/half.ext4: initrd.img-6.1 or initrd-6.1 is missing',
    );
    expect(readdirSync(place().out)).toEqual([]);
  });

  test('a broken qcow2 ends with what qemu-img says, and leaves nothing', () => {
    const raw = makeFileSystem(images, 'root', wholeRoot('ext4'));
    const qcow2 = asQcow2(raw);
    const broken = readFileSync(qcow2);
    broken.writeUInt32BE(9, 4);
    const file = join(place().directory, 'broken.qcow2');
    writeFileSync(file, broken);
    expect(getKernel(['-i', file, '-d', '.'])).toEqual({
      status: 1,
      stdout: '',
      stderr: `reading {place}/broken.qcow2 failed: qemu-img ended with exit status 1
  qemu-img: Could not open '{place}/broken.qcow2': Unsupported qcow2 version 9
`,
    });
    expect(readdirSync(join(place().directory, 'tmp'))).toEqual([]);
  });
});
