// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { HostPath } from '../../lib/model/brands.ts';
import { hostPath } from '../../lib/model/brands.ts';
import type { RamdiskSource } from '../../lib/model/ramdisk-source.ts';
import { baseContents } from '../../lib/ramdisk/base-contents.ts';
import { gatherModules } from '../../lib/worker/ramdisk/gather-modules.ts';
import { indexContents } from '../../lib/worker/ramdisk/index-contents.ts';
import { openRamdiskTree } from '../../lib/worker/ramdisk/ramdisk-tree.ts';
import { stageEntries } from '../../lib/worker/ramdisk/stage-entries.ts';
import type { ModuleContent } from '../support/kernel-module.ts';
import { kernelModule } from '../support/kernel-module.ts';
import { requires } from '../support/requires.ts';
import type { WorkerRig } from '../support/worker-rig.ts';
import { failureOf, workerRig } from '../support/worker-rig.ts';

requires({ programs: ['modinfo', 'depmod', 'modprobe', 'gzip', 'xz', 'zstd'] });

const VERSION = '6.1.0-test';
const modules = `/usr/lib/modules/${VERSION}`;

let rig: WorkerRig;
let staged: HostPath;
beforeEach(async () => {
  rig = await workerRig({});
  staged = hostPath(join(rig.out, 'staged'));
  mkdirSync(join(rig.tree, 'usr/lib'), { recursive: true });
  symlinkSync('usr/lib', join(rig.tree, 'lib'));
  write(`/boot/vmlinuz-${VERSION}`, 'kernel');
});
afterEach(async () => {
  const left = [...readdirSync(rig.out), ...readdirSync(rig.context.paths.work)];
  await rig.close();
  expect(left.filter((name) => name !== 'staged')).toEqual([]);
});

function write(path: string, content: Buffer | string): void {
  mkdirSync(dirname(join(rig.tree, path)), { recursive: true });
  writeFileSync(join(rig.tree, path), content);
}

/** @param file Below kernel/, without its ending, which says how the module is compressed. */
function writeModule(file: string, ending: Ending, content: ModuleContent): void {
  write(`${modules}/kernel/${file}${ending}`, compress[ending](kernelModule(content)));
}

type Ending = keyof typeof compress;

const compress = {
  '.ko': (plain: Buffer): Buffer => plain,
  '.ko.gz': (plain: Buffer): Buffer => gzipSync(plain),
  '.ko.xz': (plain: Buffer): Buffer => succeed(['xz', '--check=crc32', '-c'], plain),
  '.ko.zst': (plain: Buffer): Buffer => succeed(['zstd', '-q', '-c'], plain),
};

function succeed([program, ...words]: readonly [string, ...string[]], input?: Buffer): Buffer {
  const { status, stdout, stderr, error } = spawnSync(program, words, { input });
  if (status !== 0) throw new Error(`${program}: ${error?.message ?? stderr.toString()}`);
  return stdout;
}

/** A network card's driver with firmware, what it needs, and another that nobody wants. */
function writeDrivers(endings: readonly [Ending, Ending, Ending, Ending]): void {
  const [net, core, lib, sum] = endings;
  writeModule('drivers/net/ethernet/acme/acme-net', net, {
    imports: ['acme_core_open', 'printk'],
    information: [
      'alias=pci:v0000ACMEd00000001sv*sd*bc*sc*i*',
      'description=Two lines\nof words',
      'firmware=acme/one.bin',
      'firmware=acme/three.bin',
      'softdep=pre: acme_checksum post: acme_late',
    ],
  });
  writeModule('drivers/net/acme-core', core, {
    imports: ['acme_lib_sum'],
    exports: ['acme_core_open'],
    information: ['firmware=acme/one.bin', 'firmware=acme/two.bin'],
  });
  writeModule('lib/acme-lib', lib, { exports: ['acme_lib_sum'] });
  writeModule('crypto/acme-sum-generic', sum, { information: ['alias=acme_checksum'] });
  writeModule('drivers/misc/acme-other', '.ko', { information: ['firmware=acme/other.bin'] });
}

/** What the package of the kernel does when it is installed, by the tree's own depmod. */
const installKernel = (): Buffer => succeed(['depmod', '-b', rig.tree, VERSION]);

const source: RamdiskSource = {
  isHost: false,
  kernelVersion: null,
  moduleRoot: '',
  udevRoot: '',
  busybox: null,
};

/** From words of modules.d to a directory in which modules can be loaded. */
async function make(words: string): ReturnType<typeof gatherModules> {
  const { context } = rig;
  mkdirSync(join(context.paths.hooks, 'modules.d'), { recursive: true });
  writeFileSync(join(context.paths.hooks, 'modules.d/50-test'), words);
  const tree = openRamdiskTree(rig.tree, source);
  const gathered = await gatherModules(context, tree);
  const entries = [...baseContents(tree.reader, ''), ...gathered.modules, ...gathered.firmware];
  await stageEntries({ tree: rig.tree, reader: tree.reader, directory: staged }, entries);
  await indexContents(context, tree, staged);
  return gathered;
}

/** Modules of the RAM disk, below kernel/. */
const stagedModules = (): readonly string[] =>
  readdirSync(join(staged, modules, 'kernel'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.includes('.ko'))
    .sort();

/** What modprobe would load there, in order. */
const loadedFor = (name: string): readonly string[] =>
  succeed(['modprobe', '-d', staged, '-S', VERSION, '--show-depends', name])
    .toString()
    .trim()
    .split('\n')
    .map((line) => line.replace(/^insmod .*\/kernel\//, '').trim());

const copy = (path: string): object => ({ kind: 'copy', path, from: path });

test('a driver with all it needs, and the firmware that the tree has', async () => {
  writeDrivers(['.ko.xz', '.ko', '.ko', '.ko.xz']);
  installKernel();
  write('/usr/lib/firmware/acme/real-1.bin', 'one');
  symlinkSync('real-1.bin', join(rig.tree, 'usr/lib/firmware/acme/one.bin'));
  write('/usr/lib/firmware/updates/acme/two.bin.xz', 'two');
  write('/usr/lib/firmware/acme/other.bin', 'other');
  const files = [
    'crypto/acme-sum-generic.ko.xz',
    'drivers/net/acme-core.ko',
    'drivers/net/ethernet/acme/acme-net.ko.xz',
    'lib/acme-lib.ko',
  ];
  expect(await make('network # cards\n')).toEqual({
    modules: files.map((file) => copy(`${modules}/kernel/${file}`)),
    firmware: [
      { kind: 'link', path: '/lib', text: 'usr/lib' },
      { kind: 'link', path: '/usr/lib/firmware/acme/one.bin', text: 'real-1.bin' },
      copy('/usr/lib/firmware/acme/real-1.bin'),
      copy('/usr/lib/firmware/updates/acme/two.bin.xz'),
    ],
  });
  expect(stagedModules()).toEqual(files);
  const inOrder = [files[3], files[1], files[0], files[2]];
  expect(loadedFor('acme_net')).toEqual(inOrder);
  expect(loadedFor('pci:v0000ACMEd00000001sv00001AF4sd00000001bc02sc00i00')).toEqual(inOrder);
  expect(
    readFileSync(join(staged, modules, 'modules.dep'), 'utf8')
      .trim()
      .split('\n')
      .sort(),
  ).toEqual([
    'kernel/crypto/acme-sum-generic.ko.xz:',
    'kernel/drivers/net/acme-core.ko: kernel/lib/acme-lib.ko',
    'kernel/drivers/net/ethernet/acme/acme-net.ko.xz: kernel/drivers/net/acme-core.ko kernel/lib/acme-lib.ko',
    'kernel/lib/acme-lib.ko:',
  ]);
});

describe('compressed with zstd', () => {
  const files = [
    'crypto/acme-sum-generic.ko',
    'drivers/net/acme-core.ko',
    'drivers/net/ethernet/acme/acme-net.ko',
    'lib/acme-lib.ko',
  ];

  test('unpacked for busybox, which cannot read it', async () => {
    writeDrivers(['.ko.zst', '.ko.zst', '.ko.zst', '.ko.xz']);
    installKernel();
    await make('network');
    expect(stagedModules()).toEqual([`${files[0] ?? ''}.xz`, ...files.slice(1)]);
    expect(loadedFor('acme_net')).toEqual([files[3], files[1], `${files[0] ?? ''}.xz`, files[2]]);
  });

  test('as it is for kmod', async () => {
    writeDrivers(['.ko.zst', '.ko.zst', '.ko.zst', '.ko.zst']);
    installKernel();
    mkdirSync(join(staged, 'usr/bin'), { recursive: true });
    writeFileSync(join(staged, 'usr/bin/kmod'), '');
    await make('network');
    const packed = files.map((file) => `${file}.zst`);
    expect(stagedModules()).toEqual(packed);
    expect(loadedFor('acme_net')).toEqual([packed[3], packed[1], packed[0], packed[2]]);
  });
});

test('compressed with gzip, also where kmod of this machine does not know it', async () => {
  writeDrivers(['.ko.gz', '.ko', '.ko.gz', '.ko.gz']);
  // As another machine's depmod would have it: this one may see none of them.
  const files = [
    'kernel/crypto/acme-sum-generic.ko.gz:',
    'kernel/drivers/net/acme-core.ko: kernel/lib/acme-lib.ko.gz',
    'kernel/drivers/net/ethernet/acme/acme-net.ko.gz: kernel/drivers/net/acme-core.ko kernel/lib/acme-lib.ko.gz',
    'kernel/lib/acme-lib.ko.gz:',
  ];
  write(`${modules}/modules.dep`, `${files.join('\n')}\n`);
  write(`${modules}/modules.softdep`, 'softdep acme-net pre: acme-sum-generic\n');
  write('/usr/lib/firmware/acme/three.bin', 'three');
  const { firmware } = await make('acme_net');
  expect(firmware).toEqual([
    { kind: 'link', path: '/lib', text: 'usr/lib' },
    copy('/usr/lib/firmware/acme/three.bin'),
  ]);
  expect(loadedFor('acme_net').map((file) => file.replace(/\.gz$/, ''))).toEqual([
    'lib/acme-lib.ko',
    'drivers/net/acme-core.ko',
    'crypto/acme-sum-generic.ko',
    'drivers/net/ethernet/acme/acme-net.ko',
  ]);
});

test('a link out of the RAM disk is not followed by depmod', async () => {
  writeDrivers(['.ko', '.ko', '.ko', '.ko']);
  installKernel();
  mkdirSync(staged);
  symlinkSync('/nowhere/lib', join(staged, 'lib'));
  await make('network');
  expect(readFileSync(join(staged, modules, 'modules.dep'), 'utf8')).toContain('acme-net.ko:');
});

test('a file that is no module', async () => {
  writeDrivers(['.ko', '.ko', '.ko', '.ko']);
  installKernel();
  write(`${modules}/kernel/lib/acme-lib.ko`, 'no module');
  const file = join(rig.tree, modules, 'kernel/drivers/misc/acme-other.ko');
  expect(await failureOf(make('acme_lib acme_other'))).toEqual({
    kind: 'command-failed',
    doing: 'asking kernel modules for their firmware',
    argv: ['modinfo', '-0', file, '…'],
    exitStatus: 1,
    signal: null,
    lastLines: [`modinfo: ERROR: could not get modinfo from 'acme_lib': Exec format error`],
  });
});
