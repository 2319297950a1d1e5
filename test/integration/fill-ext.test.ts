// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  ftruncateSync,
  lchownSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import type { HostPath } from '../../lib/model/brands.ts';
import { bytes, hostPath, KiB, MiB } from '../../lib/model/brands.ts';
import type { SizedFileSystem } from '../../lib/model/layout.ts';
import { FileSystemFull } from '../../lib/worker/disk/ext/free-space.ts';
import { readTree } from '../../lib/worker/disk/ext/read-tree.ts';
import { makeExt } from '../../lib/worker/disk/make-ext.ts';
import type { RawImage } from '../../lib/worker/disk/raw-image.ts';
import { borrowedReader } from '../../lib/worker/disk/raw-image.ts';
import { requires } from '../support/requires.ts';
import { sizedFileSystem } from '../support/sized-file-system.ts';
import type { WorkerRig } from '../support/worker-rig.ts';
import { failureOf, workerRig } from '../support/worker-rig.ts';

requires({
  root: true,
  programs: ['mke2fs', 'debugfs', 'e2fsck', 'resize2fs', 'dumpe2fs', 'losetup', 'perl', 'python3', 'setcap'],
});

let rig: WorkerRig | null = null;
afterEach(async () => {
  await rig?.close();
  rig = null;
  expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain('/dib-worker-');
});

async function newRig(): Promise<WorkerRig> {
  rig = await workerRig({});
  return rig;
}

const OFFSET = MiB;

const fileSystem = (over: Partial<SizedFileSystem>): SizedFileSystem =>
  sizedFileSystem({ options: ['-J', 'size=4'], offset: bytes(OFFSET), ...over });

type Made = {
  readonly over?: Partial<SizedFileSystem>;
  readonly missing?: readonly string[];
  readonly layers?: readonly HostPath[];
  readonly name?: string;
};

/** @returns the raw file, whose file system e2fsck has found to be sound. */
async function make(worker: WorkerRig, made: Made = {}): Promise<string> {
  const { file } = await makeImage(worker, made, false);
  expectSound(file);
  return file;
}

async function makeImage(
  { context, tree, out }: WorkerRig,
  made: Made,
  mayBorrow: boolean,
): Promise<RawImage> {
  const { over = {}, missing = [], layers = [], name = 'image0.raw' } = made;
  const sized = fileSystem(over);
  const file = hostPath(join(out, name));
  rmSync(file, { force: true });
  const raw = openSync(file, 'w');
  ftruncateSync(raw, sized.offset + sized.size);
  closeSync(raw);
  const view = { directory: tree, source: tree, missing };
  const whole = await readTree(context, tree);
  return { file, borrowed: await makeExt(context, sized, { view, whole, file, layers, mayBorrow }) };
}

const expectSound = (file: string): void => void tool('e2fsck', '-fn', `${file}?offset=${OFFSET}`);

function tool(program: string, ...words: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(program, words, { encoding: 'latin1', maxBuffer: 64 * MiB });
  expect({ program, words, status, stderr: status === 0 ? '' : stdout + stderr }).toMatchObject({
    ...{ status: 0, stderr: '' },
  });
  return stdout;
}

/** Asks the kernel. */
function mounted<T>({ out }: WorkerRig, file: string, use: (directory: string) => T, how = 'ro'): T {
  const directory = join(out, 'mounted');
  mkdirSync(directory, { recursive: true });
  tool('mount', '-o', `loop,offset=${OFFSET},${how}`, file, directory);
  try {
    return use(directory);
  } finally {
    tool('umount', directory);
  }
}

/** Whatever can be said of each file; links by the first name of the same file. Names of any bytes. */
function description(directory: string): Record<string, string> {
  const firstNames = new Map<string, string>();
  const found: Record<string, string> = {};
  const look = (path: string): void => {
    const at = Buffer.from(`${directory}/${path}`, 'latin1');
    const stats = lstatSync(at, { bigint: true });
    const identity = `${stats.dev}:${stats.ino}`;
    const first = stats.isDirectory() ? path : (firstNames.get(identity) ?? path);
    firstNames.set(identity, first);
    const { mode, uid, gid, mtimeNs, rdev, nlink } = stats;
    const hash = stats.isFile() ? createHash('sha1').update(readFileSync(at)).digest('hex') : '';
    const target = stats.isSymbolicLink() ? readlinkSync(at, 'latin1') : '';
    const size = stats.isDirectory() ? '' : `${stats.size} ${nlink}`;
    found[path] = [mode.toString(8), uid, gid, mtimeNs, rdev, size, hash, target, first].join(' ');
    if (!stats.isDirectory()) return;
    for (const name of readdirSync(at, 'latin1').sort()) look(path === '' ? name : `${path}/${name}`);
  };
  look('');
  // Every ext file system has one, few trees do.
  if (found['lost+found/kept'] === undefined) delete found['lost+found'];
  const script = join(import.meta.dirname, '../../lib/target/list-attributes');
  const listed = tool('perl', script, directory).split('\n').sort();
  return { ...found, 'extended attributes': listed.join('\n') };
}

/** One of everything, and many of some. */
function fillAwkwardly(tree: string): void {
  const at = (name: string): string => join(tree, name);
  for (const name of ['etc', 'deep/'.repeat(40), 'many', 'empty', 'lost+found']) {
    mkdirSync(at(name), { recursive: true });
  }
  writeFileSync(at('lost+found/kept'), 'kept');
  for (let index = 0; index < 2500; index++) writeFileSync(at(`many/file number ${index}`), `${index}\n`);
  for (const size of [0, 1, 1023, 4095, 4096, 4097, 65535, 65536, 65537, 3 * MiB]) {
    writeFileSync(at(`etc/${size}`), Buffer.alloc(size, `${size}`));
  }
  writeFileSync(at(`etc/${'n'.repeat(255)}`), 'long name');
  writeFileSync(Buffer.concat([Buffer.from(at('etc/')), Buffer.from([0xff, 0x0a, 0xe9])]), 'odd name');
  for (let index = 0; index < 70; index++) linkSync(at('etc/4097'), at(`empty/link ${index}`));
  for (const length of [1, 59, 60, 1000]) symlinkSync('t'.repeat(length), at(`etc/to ${length}`));
  const sparse = openSync(at('sparse'), 'w');
  ftruncateSync(sparse, 60 * MiB);
  for (let index = 0; index < 800; index++) writeSync(sparse, `at ${index}`, index * 16 * KiB);
  closeSync(sparse);
  writeFileSync(at('zeros'), Buffer.alloc(5 * MiB));
  tool('mkfifo', at('fifo'));
  tool('mknod', at('null'), 'c', '1', '3');
  tool('mknod', at('far'), 'b', '300', '70000');
  tool('python3', '-c', 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])', at('socket'));
  lchownSync(at('etc/1'), 70_000, 4_294_967_294);
  lchownSync(at('etc/to 60'), 1, 2);
  chmodSync(at('etc/1'), 0o6751);
  chmodSync(at('empty'), 0o1777);
  giveAttributes(tree);
  lutimesSync(at('etc/1'), -5, -1_000_000_000.25);
  lutimesSync(at('etc/0'), 5, 2 ** 33 + 1);
  lutimesSync(at('etc/to 1'), 5, 1_234_567_890);
  chmodSync(tree, 0o751);
  lchownSync(tree, 3, 4);
}

/** In the inode, beside it, lists of both kinds, and of a link. */
function giveAttributes(tree: string): void {
  tool('setcap', 'cap_net_raw+ep', join(tree, 'etc/65536'));
  const script = `
import os, struct, sys
os.chdir(sys.argv[1])
os.setxattr('.', 'user.top', b'of the top')
os.setxattr('etc/1', 'user.empty', b'')
for number in range(12): os.setxattr('etc/1', 'user.n%d' % number, bytes([number]) * 5 * number)
os.setxattr('etc/4096', 'trusted.large', b'v' * 600)
os.setxattr('etc/to 60', 'trusted.of.link', b'l', follow_symlinks=False)
entries = [(1, 6, 0xffffffff), (2, 4, 1000), (2, 7, 70000), (4, 5, 0xffffffff), (8, 1, 99), (16, 7, 0xffffffff), (32, 0, 0xffffffff)]
acl = struct.pack('<I', 2) + b''.join(struct.pack('<HHI', *entry) for entry in entries)
os.setxattr('etc', 'system.posix_acl_access', acl)
os.setxattr('etc', 'system.posix_acl_default', acl)
`;
  tool('python3', '-c', script, tree);
}

describe.each([
  ['ext4', ['-J', 'size=4', '-b', '4096']],
  ['ext4', []],
  ['ext4', ['-O', '^metadata_csum,uninit_bg,^64bit', '-b', '2048']],
  ['ext4', ['-O', '^metadata_csum,^uninit_bg,^flex_bg', '-g', '8192']],
  ['ext3', []],
  ['ext2', ['-b', '4096', '-m', '0']],
])('%s with options %j', (type, options) => {
  test('holds an awkward tree as it is', async () => {
    const made = await newRig();
    fillAwkwardly(made.tree);
    const file = await make(made, { over: { type, options } });
    expect(mounted(made, file, description)).toEqual(description(made.tree));
  });
});

describe('what was made', () => {
  test('is the same, byte for byte, whenever it is made', async () => {
    const made = await newRig();
    fillAwkwardly(made.tree);
    const first = await make(made, { name: 'first.raw' });
    await wait(1100);
    tool('cmp', first, await make(made, { name: 'second.raw' }));
  });

  test('is the same when content was left in the tree and is brought later', async () => {
    const made = await newRig();
    fillAwkwardly(made.tree);
    const whole = await make(made, { name: 'whole.raw' });
    const { file, borrowed } = await makeImage(made, { name: 'borrowing.raw' }, true);
    const missing = readFileSync(file);
    const filled = Buffer.from(missing);
    await borrowedReader(borrowed).fill(filled, 0);
    expect(filled.equals(readFileSync(whole))).toBe(true);
    const left = borrowed.filter(({ start, length }) =>
      missing.subarray(start, start + length).some(Boolean),
    );
    expect(left).toEqual([]);
    expect(borrowed.reduce((sum, { length }) => sum + length, 0)).toBeGreaterThan(100_000);
  });

  test('has the mount points that the tree lacks', async () => {
    const made = await newRig();
    mkdirSync(join(made.tree, 'boot'));
    const file = await make(made, { missing: ['boot/efi', 'srv/data'] });
    const names = mounted(made, file, (directory) =>
      readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort(),
    );
    expect(names).toEqual(['boot', 'boot/efi', 'lost+found', 'srv', 'srv/data']);
  });

  test('has files of more than 2 GiB, and such that are in many places', async () => {
    const made = await newRig();
    const size = 2200 * MiB;
    const large = openSync(join(made.tree, 'large'), 'w');
    ftruncateSync(large, size);
    writeSync(large, 'end', size - 3);
    closeSync(large);
    writeFileSync(join(made.tree, 'long'), Buffer.alloc(150 * MiB, 'long'));
    const file = await make(made, { over: { size: bytes(300 * MiB) } });
    mounted(made, file, (directory) => {
      tool('cmp', join(made.tree, 'long'), join(directory, 'long'));
      expect(tool('tail', '-c', '6', join(directory, 'large'))).toBe('\0\0\0end');
      const { size: found, blocks } = lstatSync(join(directory, 'large'));
      expect([found, blocks]).toEqual([size, 2]);
    });
  });

  test('goes on to be written by the kernel, and grows', async () => {
    const made = await newRig();
    fillAwkwardly(made.tree);
    const file = await make(made);
    mounted(
      made,
      file,
      (directory) => {
        rmSync(join(directory, 'deep'), { recursive: true });
        for (let index = 0; index < 2000; index++) rmSync(join(directory, `many/file number ${index}`));
        for (let index = 0; index < 3000; index++) writeFileSync(join(directory, `many/new ${index}`), 'new');
        writeFileSync(join(directory, 'sparse'), 'written', { flag: 'a' });
      },
      'rw',
    );
    expectSound(file);
    const alone = join(made.out, 'alone.raw');
    tool('dd', `if=${file}`, `of=${alone}`, 'bs=1M', 'skip=1', 'conv=sparse', 'status=none');
    tool('truncate', '--size=900M', alone);
    tool('e2fsck', '-fp', alone);
    tool('resize2fs', alone);
    tool('e2fsck', '-fn', alone);
    expect(tool('debugfs', '-R', 'cat /etc/1', alone)).toBe('1');
  });

  test('is left to mke2fs when it has features that only mke2fs knows', async () => {
    const made = await newRig();
    writeFileSync(join(made.tree, 'file'), 'content');
    const file = await make(made, { over: { options: ['-O', 'bigalloc', '-b', '4096'] } });
    expect(tool('dumpe2fs', '-h', `${file}?offset=${OFFSET}`)).toMatch(/ bigalloc/);
    expect(tool('debugfs', '-R', 'cat /file', `${file}?offset=${OFFSET}`)).toBe('content');
  });

  test('is left to mke2fs where extended attributes cannot be read', async () => {
    const { context, ...others } = await newRig();
    const execution = { ...context.plan.execution, shellLibrary: hostPath('/nowhere') };
    const made = { ...others, context: { ...context, plan: { ...context.plan, execution } } };
    writeFileSync(join(made.tree, 'file'), 'content');
    const file = await make(made);
    expect(tool('debugfs', '-R', 'cat /file', `${file}?offset=${OFFSET}`)).toBe('content');
  });
});

describe('a file system without room to spare', () => {
  const options = ['-b', '4096', '-m', '0', '-O', '^has_journal', '-N', '64'];
  const over = { options, size: bytes(16 * MiB) };

  /** Files of 9 KiB, each of three blocks, and one for the rest. */
  function fillExactly(tree: string, blocks: number): void {
    for (let index = 0; index < 40; index++) writeFileSync(join(tree, `${index}`), Buffer.alloc(9 * KiB, 1));
    writeFileSync(join(tree, 'rest'), Buffer.alloc((blocks - 120) * 4 * KiB, 2));
  }

  const freeBlocks = (file: string): number =>
    Number(/Free blocks: +(\d+)/.exec(tool('dumpe2fs', '-h', `${file}?offset=${OFFSET}`))?.[1]);

  test('is filled to the last block, and not beyond', async () => {
    const made = await newRig();
    const free = freeBlocks(await make(made, { over }));
    fillExactly(made.tree, free);
    const file = await make(made, { over });
    expect(freeBlocks(file)).toBe(0);
    expect(mounted(made, file, description)).toEqual(description(made.tree));
    writeFileSync(join(made.tree, 'one more'), 'x');
    await expect(make(made, { over })).rejects.toThrow(FileSystemFull);
  });

  test('says so when inodes run out', async () => {
    const made = await newRig();
    for (let index = 0; index < 60; index++) writeFileSync(join(made.tree, `${index}`), '');
    await expect(make(made, { over })).rejects.toThrow(FileSystemFull);
  });

  test('says which file has what it cannot hold', async () => {
    const made = await newRig();
    symlinkSync('t'.repeat(1024), join(made.tree, 'link'));
    const message = '/link has a path to lead to of more than a block of its file system, 1024 bytes';
    const hints = ['give the file system larger blocks: `-b 4096`'];
    expect(await failureOf(make(made))).toEqual({ kind: 'input-invalid', problems: [{ message, hints }] });
  });
});

test('clusters of the disk stay as they are when a late layer changes', async () => {
  const made = await newRig();
  const { tree, out } = made;
  const write = (name: string, size: number): void => {
    mkdirSync(join(tree, name, '..'), { recursive: true });
    writeFileSync(join(tree, name), Buffer.alloc(size, createHash('sha256').update(name).digest()));
  };
  for (let index = 0; index < 900; index++) write(`usr/lib/${index % 30}/${index}`, (index * 7919) % 90_000);
  tool('cp', '-a', tree, join(out, 'base'));
  const layers = [hostPath(join(out, 'base')), hostPath(join(out, 'late'))];
  const late = async (name: string): Promise<readonly string[]> => {
    mkdirSync(join(out, `late/usr/lib/0`), { recursive: true });
    for (const top of [tree, join(out, 'late')]) {
      writeFileSync(join(top, 'usr/lib/0/0'), name.repeat(900));
      writeFileSync(join(top, `usr/lib/0/a new ${name}`), name);
    }
    const raw = await make(made, { layers, over: { size: bytes(200 * MiB), options: [] }, name });
    rmSync(join(tree, `usr/lib/0/a new ${name}`));
    rmSync(join(out, 'late'), { recursive: true });
    return clustersOf(raw);
  };
  const before = new Set(await late('first'));
  const after = await late('the second one');
  expect(after.length).toBeGreaterThan(500);
  expect(after.filter((digest) => !before.has(digest)).length).toBeLessThan(20);
});

/** Digests of the 64 KiB that are not all zeros. */
function clustersOf(file: string): readonly string[] {
  const data = readFileSync(file);
  const zeros = Buffer.alloc(64 * KiB);
  return Array.from({ length: Math.ceil(data.length / zeros.length) }, (_, index) =>
    data.subarray(index * zeros.length, (index + 1) * zeros.length),
  )
    .filter((cluster) => !cluster.equals(zeros))
    .map((cluster) => createHash('md5').update(cluster).digest('hex'));
}
