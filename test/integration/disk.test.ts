// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import {
  chownSync,
  linkSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import {
  closeSync,
  copyFileSync,
  ftruncateSync,
  lstatSync,
  openSync,
  readSync,
  statSync,
  writeSync,
  chmodSync,
  utimesSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { planLayout } from '../../lib/disk/plan-layout.ts';
import { fallbackConfig } from '../../lib/disk/plan-layout.ts';
import type { HostPath } from '../../lib/model/brands.ts';
import { bytes, KiB, MiB } from '../../lib/model/brands.ts';
import type { BuildPlan } from '../../lib/model/plan.ts';
import { makeDisk } from '../../lib/worker/disk/make-disk.ts';
import { borrowedReader } from '../../lib/worker/disk/raw-image.ts';
import { requestWith } from '../support/make-request.ts';
import type { PartialRequest } from '../support/make-request.ts';
import { requires } from '../support/requires.ts';
import type { WorkerRig } from '../support/worker-rig.ts';
import { failureOf, workerRig } from '../support/worker-rig.ts';

requires({
  root: true,
  programs: [
    'mke2fs',
    'debugfs',
    'e2fsck',
    'sfdisk',
    'mkfs.vfat',
    'fsck.vfat',
    'mcopy',
    'mtype',
    'mkswap',
    'blkid',
    'fdisk',
    'dumpe2fs',
    'python3',
  ],
});

let rig: WorkerRig | null = null;
afterEach(async () => {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8');
  const { tree } = rig ?? { tree: '/nowhere' };
  await rig?.close();
  rig = null;
  expect(mounts).not.toContain(tree.replace(/tree$/, 'work'));
});

const mbrConfig = `
- local_loop: {name: image0}
- partitioning:
    base: image0
    label: mbr
    partitions:
      - name: root
        flags: [boot, primary]
        size: 100%
        mkfs:
          mount:
            mount_point: /
            fstab: {fsck-passno: 1}
`;

/** Without a journal, and with many inodes for its size. */
const tightConfig = mbrConfig.replace('mkfs:', 'mkfs:\n          type: ext2\n          opts: -m 0 -i 1024');

const efiConfig = `
- local_loop: {name: image0}
- partitioning:
    base: image0
    label: gpt
    partitions:
      - name: ESP
        type: EF00
        size: 40MiB
        mkfs:
          type: vfat
          mount: {mount_point: /boot/efi, fstab: {}}
      - {name: BSP, type: EF02, size: 8MiB}
      - name: root
        size: 100%
        mkfs:
          type: ext4
          mount: {mount_point: /, fstab: {fsck-passno: 1}}
`;

const manyConfig = `
- local_loop: {name: image0}
- partitioning:
    base: image0
    label: mbr
    partitions:
      - name: root
        flags: [boot, primary]
        size: 60%
        mkfs: {type: ext4, mount: {mount_point: /, fstab: {}}}
      - name: tmp
        size: 40MiB
        mkfs: {type: ext3, opts: -m 1, mount: {mount_point: /tmp, fstab: {}}}
      - name: data
        size: 40MiB
        mkfs: {type: ext2, mount: {mount_point: /srv/data, fstab: {}}}
      - name: swap
        size: 8MiB
        mkfs: {type: swap, mount: {mount_point: none, fstab: {}}}
`;

/** As an element would ask: the journal is small, so that these disks are quick. */
async function rigWith(config: string, disk: PartialRequest['disk'] = {}): Promise<WorkerRig> {
  const request = requestWith({ disk: { journalSize: bytes(4 * MiB), ...disk } }).disk;
  const layout = planLayout({ config, origin: 'test', request, seed: 'seed' });
  if (!layout.ok) throw new Error(layout.problems.map(({ message }) => message).join('\n'));
  const plan: Partial<BuildPlan> = { disk: { layout: layout.value, request, madeWith: { way: 'files' } } };
  rig = await workerRig(plan);
  return rig;
}

function fillTree(tree: string): void {
  for (const path of ['etc', 'boot/efi/EFI/BOOT', 'home/ada', 'tmp', 'usr/bin', 'root']) {
    mkdirSync(join(tree, path), { recursive: true });
  }
  writeFileSync(join(tree, 'etc/hostname'), 'image\n');
  writeFileSync(join(tree, 'etc/shadow'), 'root:*::\n', { mode: 0o640 });
  chownSync(join(tree, 'etc/shadow'), 0, 42);
  writeFileSync(join(tree, 'home/ada/notes'), 'n'.repeat(10_000));
  for (const path of ['home/ada', 'home/ada/notes']) chownSync(join(tree, path), 1000, 1001);
  writeFileSync(join(tree, 'usr/bin/tool'), '#!/bin/sh\n');
  chmodSync(join(tree, 'usr/bin/tool'), 0o4755);
  linkSync(join(tree, 'usr/bin/tool'), join(tree, 'usr/bin/same-tool'));
  symlinkSync('usr/bin', join(tree, 'bin'));
  symlinkSync(`/${'long/'.repeat(20)}end`, join(tree, 'etc/long-link'));
  chmodSync(join(tree, 'tmp'), 0o1777);
  chmodSync(join(tree, 'root'), 0o700);
  writeFileSync(join(tree, 'boot/efi/EFI/BOOT/BOOTX64.EFI'), 'loader'.repeat(1000));
  const sparse = openSync(join(tree, 'home/sparse'), 'w');
  ftruncateSync(sparse, 50 * MiB);
  writeSync(sparse, 'end', 49 * MiB);
  closeSync(sparse);
  utimesSync(join(tree, 'etc/hostname'), 1_000_000_000, 1_000_000_000);
}

function tool(program: string, ...words: readonly string[]): string {
  const result = spawnSync(program, words, { encoding: 'utf8', maxBuffer: 64 * MiB });
  expect({ program, words, status: result.status, stderr: result.status === 0 ? '' : result.stderr }).toEqual(
    {
      program,
      words,
      status: 0,
      stderr: '',
    },
  );
  return result.stdout;
}

type Row = { readonly start: number; readonly size: number; readonly type: string; readonly name?: string };

function tableOf(disk: string): {
  readonly id: string;
  readonly label: string;
  readonly partitions: readonly Row[];
} {
  tool('sfdisk', '--verify', disk);
  const { partitiontable } = JSON.parse(tool('sfdisk', '-J', disk)) as {
    partitiontable: ReturnType<typeof tableOf>;
  };
  return partitiontable;
}

/** Path → what `ls -l` would say, of everything below. */
function listing(directory: string): Record<string, string> {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => !name.startsWith('bin/'))
    .sort();
  return Object.fromEntries(
    names.map((name) => {
      const { mode, uid, gid, size, nlink } = lstatSync(join(directory, name));
      const length = (mode & 0o170000) === 0o040000 ? '' : ` ${size} bytes ${nlink} links`;
      return [name, `${mode.toString(8)} ${uid}:${gid}${length}`];
    }),
  );
}

/** Unpacked files, with the modes that debugfs leaves out as it lists them. */
function unpackExt(disk: string, offset: number, to: string): Record<string, string> {
  tool('e2fsck', '-fn', `${disk}?offset=${offset}`);
  mkdirSync(to);
  tool('debugfs', '-R', `rdump / ${to}`, `${disk}?offset=${offset}`);
  const { 'lost+found': lostAndFound, ...found } = listing(to);
  expect(lostAndFound).toBe('40700 0:0');
  return Object.fromEntries(
    Object.entries(found).map(([path, row]) => [
      path,
      row.replace(/^\d+ \d+:\d+/, modeInside(disk, offset, path)),
    ]),
  );
}

function modeInside(disk: string, offset: number, path: string): string {
  const shown = tool('debugfs', '-R', `ls -p /${path.replace(/[^/]*$/, '')}`, `${disk}?offset=${offset}`);
  const name = path.replace(/^.*\//, '');
  const row = shown
    .split('\n')
    .map((line) => line.split('/'))
    .find((words) => words[5] === name);
  const [, , mode = '', uid = '', gid = ''] = row ?? [];
  return `${mode.replace(/^0/, '')} ${uid}:${gid}`;
}

/** debugfs copies every name as a file of its own. */
const withoutLinkCounts = (found: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(found).map(([name, row]) => [name, row.replace(/ \d+ links$/, '')]));

function bytesAt(file: string, offset: number, length: number): Buffer {
  const opened = openSync(file, 'r');
  const buffer = Buffer.alloc(length);
  readSync(opened, buffer, 0, length, offset);
  closeSync(opened);
  return buffer;
}

describe('a disk with one MBR partition', () => {
  test('holds the tree as it is, in a file system that is clean and has what was asked', async () => {
    const { context, tree, out } = await rigWith(mbrConfig, {
      maxOnlineResize: 4_000_000,
      mkfsOptions: ['-E', 'stride=4', '-m', '2'],
    });
    fillTree(tree);
    const { file: disk } = await makeDisk(context, tree);
    const table = tableOf(disk);
    const size = statSync(disk).size;
    expect(table.label).toBe('dos');
    expect(table.partitions).toEqual([
      { node: `${disk}1`, start: 2048, size: size / 512 - 4096, type: '83', bootable: true },
    ]);
    expect(withoutLinkCounts(unpackExt(disk, MiB, join(out, 'root')))).toEqual(
      withoutLinkCounts(listing(tree)),
    );
    tool('diff', '-r', '--no-dereference', '--exclude=lost+found', tree, join(out, 'root'));
    const probed = tool('blkid', 'fdisk', '-p', '-O', String(MiB), '-o', 'export', disk);
    expect(probed).toContain('LABEL=cloudimg-rootfs\n');
    expect(probed).toContain(`UUID=${context.plan.disk?.layout.fileSystems[0]?.uuid ?? ''}\n`);
    const superBlock = tool('dumpe2fs', '-h', `${disk}?offset=${MiB}`);
    expect(superBlock).toMatch(/Total journal size: +4096k/);
    expect(superBlock).toMatch(/RAID stride: +4/);
    const [, inodes = ''] = /Inode count: +(\d+)/.exec(superBlock) ?? [];
    expect(Number(inodes)).toBeGreaterThanOrEqual((size - 2 * MiB) / 4096);
    expect(tool('debugfs', '-R', 'stat <2>', `${disk}?offset=${MiB}`)).toMatch(/Mode: +0755/);
    expect(tool('debugfs', '-R', 'stat /usr/bin/tool', `${disk}?offset=${MiB}`)).toMatch(/Links: 2/);
    expect(tool('debugfs', '-R', 'stat /etc/hostname', `${disk}?offset=${MiB}`)).toMatch(/mtime: 0x3b9aca00/);
  });

  test('is sparse, and as large as its content needs', async () => {
    const { context, tree } = await rigWith(mbrConfig);
    fillTree(tree);
    const disk = statSync((await makeDisk(context, tree)).file);
    expect(disk.size % MiB).toBe(0);
    expect(disk.size / MiB).toBeGreaterThan(64);
    expect(disk.size / MiB).toBeLessThan(100);
    expect((disk.blocks * 512) / MiB).toBeLessThan(4);
  });

  test('leaves the extra size free to ordinary users', async () => {
    const { context, tree } = await rigWith(mbrConfig, { extraSize: bytes(200 * MiB) });
    fillTree(tree);
    const { file: disk } = await makeDisk(context, tree);
    const superBlock = tool('dumpe2fs', '-h', `${disk}?offset=${MiB}`);
    const count = (name: string): number => Number(new RegExp(`${name}: +(\\d+)`).exec(superBlock)?.[1]);
    const free = (count('Free blocks') - count('Reserved block count')) * count('Block size');
    expect(free / MiB).toBeGreaterThanOrEqual(200);
    expect(free / MiB).toBeLessThan(206);
  });

  test('has exactly the size that was asked for', async () => {
    const { context, tree } = await rigWith(mbrConfig, { size: bytes(123 * MiB + 64 * KiB) });
    fillTree(tree);
    expect(statSync((await makeDisk(context, tree)).file).size).toBe(123 * MiB + 64 * KiB);
  });

  test('boots from the boot.img and core.img of the tree', async () => {
    const { context, tree } = await rigWith(mbrConfig);
    fillTree(tree);
    mkdirSync(join(tree, 'boot/grub/i386-pc'), { recursive: true });
    const boot = Buffer.alloc(512, 0xb0);
    const core = Buffer.alloc(3 * 512 + 100, 0xc0);
    core.set([0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0x20, 8], 500);
    writeFileSync(join(tree, 'boot/grub/i386-pc/boot.img'), boot);
    writeFileSync(join(tree, 'boot/grub/i386-pc/core.img'), core);
    const { file: disk } = await makeDisk(context, tree);
    const first = bytesAt(disk, 0, 512);
    expect(first.readBigUInt64LE(0x5c)).toBe(1n);
    expect([...first.subarray(0x64, 0x6a)]).toEqual([0xb0, 0xb0, 0x90, 0x90, 0xb0, 0xb0]);
    expect([...first.subarray(510)]).toEqual([0x55, 0xaa]);
    expect([...bytesAt(disk, 512 + 500, 12)]).toEqual([2, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0x20, 8]);
    expect(bytesAt(disk, 1024, core.length - 512).equals(core.subarray(512))).toBe(true);
    expect(tableOf(disk).partitions).toHaveLength(1);
  });

  test('refuses a core.img that the gap does not hold', async () => {
    const { context, tree } = await rigWith(mbrConfig);
    mkdirSync(join(tree, 'boot/grub/i386-pc'), { recursive: true });
    writeFileSync(join(tree, 'boot/grub/i386-pc/boot.img'), Buffer.alloc(512));
    writeFileSync(join(tree, 'boot/grub/i386-pc/core.img'), Buffer.alloc(MiB));
    expect(await failureOf(makeDisk(context, tree))).toMatchObject({
      kind: 'input-invalid',
      problems: [
        {
          message:
            "GRUB's core.img has 1048576 bytes, the space before the first partition has room for 1048064",
        },
      ],
    });
  });
});

describe('a GPT disk with an EFI system partition', () => {
  test('is the same when it borrows from the tree, which hides a mount point while it is made', async () => {
    const { context, tree, out } = await rigWith(efiConfig);
    fillTree(tree);
    const whole = join(out, 'whole.raw');
    copyFileSync((await makeDisk(context, tree)).file, whole);
    const image = await makeDisk(context, tree, { layers: [], mayBorrow: true });
    const filled = readFileSync(image.file);
    await borrowedReader(image.borrowed).fill(filled, 0);
    expect(image.borrowed.length).toBeGreaterThan(2);
    // In front of it are directories on FAT, which bear the time they were made at.
    const root = 49 * MiB;
    expect(filled.subarray(root).equals(readFileSync(whole).subarray(root))).toBe(true);
  });

  test('boots both ways: the loader is on FAT, core.img in its partition, and / has an empty /boot/efi', async () => {
    const { context, tree, out, events } = await rigWith(efiConfig);
    fillTree(tree);
    symlinkSync('BOOTX64.EFI', join(tree, 'boot/efi/EFI/BOOT/grubx64.efi'));
    symlinkSync('/etc/passwd', join(tree, 'boot/efi/passwd'));
    mkdirSync(join(tree, 'boot/grub/i386-pc'), { recursive: true });
    writeFileSync(join(tree, 'boot/grub/i386-pc/boot.img'), Buffer.alloc(512));
    writeFileSync(join(tree, 'boot/grub/i386-pc/core.img'), Buffer.alloc(2000, 0xc0));
    const { file: disk } = await makeDisk(context, tree);
    const { label, partitions } = tableOf(disk);
    expect(label).toBe('gpt');
    expect(partitions.map(({ start, size, name }) => [name, start, size])).toEqual([
      ['ESP', 2048, 40 * 2048],
      ['BSP', 41 * 2048, 8 * 2048],
      ['root', 49 * 2048, statSync(disk).size / 512 - 50 * 2048],
    ]);
    expect(bytesAt(disk, 0, 512).readBigUInt64LE(0x5c)).toBe(41n * 2048n);
    expect(bytesAt(disk, 41 * MiB, 4).toString('hex')).toBe('c0c0c0c0');

    const found = unpackExt(disk, 49 * MiB, join(out, 'root'));
    const wanted = Object.entries(listing(tree)).filter(([path]) => !path.startsWith('boot/efi/'));
    expect(withoutLinkCounts(found)).toEqual(withoutLinkCounts(Object.fromEntries(wanted)));

    const esp = join(out, 'esp');
    writeFileSync(esp, bytesAt(disk, MiB, 40 * MiB));
    tool('fsck.vfat', '-n', esp);
    expect(tool('mdir', '-b', '-/', '-i', esp, '::').trim().split('\n').sort()).toEqual([
      '::/EFI/',
      '::/EFI/BOOT/',
      '::/EFI/BOOT/BOOTX64.EFI',
      '::/EFI/BOOT/grubx64.efi',
    ]);
    expect(tool('mtype', '-i', esp, '::/EFI/BOOT/grubx64.efi')).toBe('loader'.repeat(1000));
    const probed = tool('blkid', 'fdisk', '-p', '-o', 'export', esp);
    expect(probed).toContain('LABEL=MKFS_ESP\n');
    expect(probed).toContain(`UUID=${context.plan.disk?.layout.fileSystems[0]?.uuid ?? ''}\n`);
    expect(events.filter(({ kind }) => kind === 'warning')).toEqual([
      {
        kind: 'warning',
        text: `FAT cannot hold what ${tree}/boot/efi/EFI/BOOT/grubx64.efi is: it is copied as the file it points at`,
      },
      { kind: 'warning', text: `FAT cannot hold what ${tree}/boot/efi/passwd is: it is left out` },
    ]);
  });

  test('says which file system is too small, and by how much, when the ESP does not hold its files', async () => {
    const { context, tree } = await rigWith(efiConfig);
    mkdirSync(join(tree, 'boot/efi'), { recursive: true });
    writeFileSync(join(tree, 'boot/efi/large'), Buffer.alloc(45 * MiB, 1));
    expect(await failureOf(makeDisk(context, tree))).toEqual({
      kind: 'image-too-small',
      fileSystem: 'mkfs_ESP',
      neededBytes: 46 * MiB,
      availableBytes: 40 * MiB,
    });
  });
});

describe('a disk with logical partitions', () => {
  test('has each part of the tree on its own file system, mount points that the tree lacks, and swap', async () => {
    const { context, tree, out } = await rigWith(manyConfig);
    fillTree(tree);
    writeFileSync(join(tree, 'tmp/left'), 'left\n');
    const { file: disk } = await makeDisk(context, tree);
    const { partitions } = tableOf(disk);
    expect(partitions.map(({ type }) => type)).toEqual(['83', 'f', '83', '83', '83']);
    const [root, , tmp, data, swap] = partitions.map(({ start }) => start * 512);

    const found = unpackExt(disk, root ?? 0, join(out, 'root'));
    const wanted = Object.entries(listing(tree)).filter(([path]) => !path.startsWith('tmp/'));
    expect(withoutLinkCounts(found)).toEqual(
      withoutLinkCounts({ ...Object.fromEntries(wanted), srv: '40755 0:0', 'srv/data': '40755 0:0' }),
    );
    expect(withoutLinkCounts(unpackExt(disk, tmp ?? 0, join(out, 'tmp')))).toEqual({
      left: '100644 0:0 5 bytes',
    });
    expect(tool('debugfs', '-R', 'stat <2>', `${disk}?offset=${tmp ?? 0}`)).toMatch(/Mode: +01777/);
    expect(unpackExt(disk, data ?? 0, join(out, 'data'))).toEqual({});
    const probed = tool('blkid', 'fdisk', '-p', '-O', String(swap), '-o', 'export', disk);
    expect(probed).toContain('TYPE=swap\n');
    expect(probed).toContain('LABEL=mkfs_swap\n');
    expect(readdirSync(context.paths.image)).toEqual(['image0.raw']);
  });

  test('refuses a mount point that is a link out of the tree', async () => {
    const { context, tree } = await rigWith(manyConfig);
    symlinkSync('/tmp', join(tree, 'tmp'));
    expect(await failureOf(makeDisk(context, tree))).toEqual({
      kind: 'input-invalid',
      problems: [{ message: 'a file system is to be mounted at /tmp, which is not a directory in the tree' }],
    });
  });
});

describe('room', () => {
  test('of a disk of exact size that cannot hold the tree is counted before anything is made', async () => {
    const { context, tree } = await rigWith(mbrConfig, { size: bytes(64 * MiB) });
    writeFileSync(join(tree, 'large'), Buffer.alloc(80 * MiB, 1));
    const failure = await failureOf(makeDisk(context, tree));
    expect(failure).toMatchObject({
      kind: 'image-too-small',
      fileSystem: 'mkfs_root',
      availableBytes: 62 * MiB,
    });
    expect(failure.kind === 'image-too-small' ? failure.neededBytes / MiB : 0).toBeGreaterThan(80);
    expect(readdirSync(context.paths.image)).toEqual([]);
  });

  test('that only turns out too small while it is filled is made larger, and said so', async () => {
    const { context, tree, events } = await rigWith(tightConfig, { extraSize: bytes(0) });
    fillAttributes(tree, 3000);
    const { file: disk } = await makeDisk(context, tree);
    tool('e2fsck', '-fn', `${disk}?offset=${MiB}`);
    expect(events).toContainEqual({ kind: 'note', text: 'the file system at / was full: making it larger' });
  });

  test('that turns out too small on a disk of exact size is a failure with numbers', async () => {
    const { context, tree } = await rigWith(tightConfig, { size: bytes(5 * MiB) });
    fillAttributes(tree, 3000);
    expect(await failureOf(makeDisk(context, tree))).toMatchObject({
      kind: 'image-too-small',
      fileSystem: 'mkfs_root',
      availableBytes: 3 * MiB,
    });
  });
});

/** Extended attributes that do not fit in the inodes: a block for each file, which no measure sees. */
function fillAttributes(tree: HostPath, count: number): void {
  const names = Array.from({ length: count }, (_, index) => join(tree, `f${index}`));
  for (const name of names) writeFileSync(name, '');
  const script =
    'import os, sys\nfor name in sys.stdin.read().split():\n  os.setxattr(name, "user.note", b"x" * 900)\n';
  const { status } = spawnSync('python3', ['-c', script], { input: names.join('\n') });
  expect(status).toBe(0);
}

test('a disk with sectors of 4096 bytes has table and file systems that fit them', async () => {
  const { context, tree, out } = await rigWith(efiConfig, { sectorSize: 4096 });
  fillTree(tree);
  const { file: disk } = await makeDisk(context, tree);
  const listed = tool('fdisk', '-b', '4096', '-l', '-o', 'Start,Sectors,Name', disk);
  const size = statSync(disk).size;
  expect(listed).toMatch(/Disklabel type: gpt/);
  expect(
    listed
      .split('\n')
      .slice(-4, -1)
      .map((line) => line.trim().replaceAll(/ +/g, ' ')),
  ).toEqual(['256 10240 ESP', '10496 2048 BSP', `12544 ${size / 4096 - 12_544 - 256} root`]);
  expect(unpackExt(disk, 49 * MiB, join(out, 'root'))).toHaveProperty('etc/hostname');
  expect(tool('dumpe2fs', '-h', `${disk}?offset=${49 * MiB}`)).toMatch(/Block size: +4096/);
  expect(bytesAt(disk, MiB + 11, 2).readUInt16LE()).toBe(4096);
  expect(tool('mtype', '-i', `${disk}@@${MiB}`, '::/EFI/BOOT/BOOTX64.EFI')).toBe('loader'.repeat(1000));
});

test.each([
  ['ext', mbrConfig, 'making the file system mkfs_root'],
  ['FAT', efiConfig, 'filling the file system mkfs_ESP'],
])('a full disk of the host is said to be full while %s is made', async (_, config, doing) => {
  const { context, tree } = await rigWith(config);
  mkdirSync(join(tree, 'boot/efi'), { recursive: true });
  writeFileSync(join(tree, 'boot/efi/noise'), Buffer.alloc(4 * MiB, 'noise'));
  const { image } = context.paths;
  tool('mount', '-t', 'tmpfs', '-o', 'size=2m', 'small', image);
  context.scope.defer('the small disk', () => Promise.resolve(void tool('umount', image)));
  expect(await failureOf(makeDisk(context, tree))).toEqual({
    kind: 'no-space',
    path: join(image, 'image0.raw'),
    doing,
  });
});

test('a disk without a table is one file system', async () => {
  const { context, tree, out } = await rigWith(fallbackConfig);
  fillTree(tree);
  const { file: disk } = await makeDisk(context, tree);
  expect(withoutLinkCounts(unpackExt(disk, 0, join(out, 'root')))).toEqual(withoutLinkCounts(listing(tree)));
});

test('the same tree gives the same table and identifiers', async () => {
  const describeDisk = async (): Promise<readonly string[]> => {
    const { context, tree } = await rigWith(efiConfig);
    fillTree(tree);
    const { file: disk } = await makeDisk(context, tree);
    const dump = tool('sfdisk', '--dump', disk).replaceAll(disk, 'disk');
    const probed = tool('blkid', 'fdisk', '-p', '-O', String(49 * MiB), '-o', 'export', disk).replaceAll(
      disk,
      'disk',
    );
    await rig?.close();
    rig = null;
    return [dump, probed];
  };
  expect(await describeDisk()).toEqual(await describeDisk());
});
