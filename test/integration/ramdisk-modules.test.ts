// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { copyFileSync, lstatSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { HostPath } from '../../lib/model/brands.ts';
import { hostPath } from '../../lib/model/brands.ts';
import type { Result } from '../../lib/model/problem.ts';
import { chooseKernel } from '../../lib/ramdisk/choose-kernel.ts';
import type { FoundFirmware } from '../../lib/ramdisk/firmware.ts';
import { findFirmware } from '../../lib/ramdisk/firmware.ts';
import { readModuleIndex } from '../../lib/ramdisk/module-index.ts';
import { selectModules } from '../../lib/ramdisk/select-modules.ts';
import { firmwareNamedBy, indexModules } from '../../lib/worker/ramdisk/kernel-modules.ts';
import { realTreeReader } from '../../lib/worker/ramdisk/real-tree-reader.ts';
import { stageEntries } from '../../lib/worker/ramdisk/stage-entries.ts';
import type { ModuleContent } from '../support/kernel-module.ts';
import { kernelModule } from '../support/kernel-module.ts';
import { requires } from '../support/requires.ts';
import type { WorkerRig } from '../support/worker-rig.ts';
import { failureOf, workerRig } from '../support/worker-rig.ts';

requires({ programs: ['modinfo', 'depmod', 'modprobe', 'xz', 'zstd'] });

const VERSION = '6.1.0-test';

let rig: WorkerRig;
let staged: HostPath;
beforeEach(async () => {
  rig = await workerRig({});
  staged = hostPath(join(rig.out, 'staged'));
  mkdirSync(join(rig.tree, 'usr/lib'), { recursive: true });
  symlinkSync('usr/lib', join(rig.tree, 'lib'));
  write('/boot/vmlinuz-6.1.0-test', 'kernel');
});
afterEach(() => rig.close());

function write(path: string, content: Buffer | string): void {
  mkdirSync(dirname(join(rig.tree, path)), { recursive: true });
  writeFileSync(join(rig.tree, path), content);
}

/** @param file Below lib/modules/VERSION/kernel; its ending says how it is compressed. */
function writeModule(file: string, content: ModuleContent): void {
  write(`/usr/lib/modules/${VERSION}/kernel/${file}`, compressed(file, kernelModule(content)));
}

function compressed(file: string, plain: Buffer): Buffer {
  if (file.endsWith('.gz')) return gzipSync(plain);
  if (file.endsWith('.xz')) return succeed(['xz', '--check=crc32', '-c'], plain);
  return file.endsWith('.zst') ? succeed(['zstd', '-q', '-c'], plain) : plain;
}

function succeed([program, ...words]: readonly [string, ...string[]], input?: Buffer): Buffer {
  const { status, stdout, stderr, error } = spawnSync(program, words, { input });
  if (status !== 0) throw new Error(`${program}: ${error?.message ?? stderr.toString()}`);
  return stdout;
}

/** What the package of a kernel does when it is installed. */
const installed = (): Buffer => succeed(['depmod', '-b', rig.tree, VERSION]);

function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.value;
}

type Made = { readonly files: readonly string[]; readonly firmware: FoundFirmware };

/** From words to a directory in which modules can be loaded. */
async function make(...words: readonly string[]): Promise<Made> {
  const { context, tree } = rig;
  const reader = realTreeReader(tree);
  const { version, modules } = valueOf(chooseKernel(reader, { version: null, moduleRoot: '' }));
  if (modules === null) throw new Error('the kernel has no modules');
  const index = valueOf(readModuleIndex(reader, modules));
  const { files, problems } = selectModules(
    index,
    words.map((word) => ({ word, wantedBy: 'test' })),
  );
  expect(problems).toEqual([]);
  const wanted = await firmwareNamedBy(context, { root: tree, reader, directory: modules, files });
  const firmware = findFirmware(reader, { wanted, kernelVersion: version, moduleRoot: '' });
  const { directory, entries } = moduleEntries(reader, { version, modules, files });
  for (const entry of [...entries, ...firmware.entries]) stage(entry);
  await indexModules(context, { staged, directory, version }, context.scope);
  return { files, firmware };
}

function stage(entry: RamdiskEntry): void {
  const path = join(staged, entry.path);
  mkdirSync(dirname(path), { recursive: true });
  if (entry.kind === 'copy') copyFileSync(join(rig.tree, entry.from), path);
  if (entry.kind === 'link' && lstatSync(path, { throwIfNoEntry: false }) === undefined)
    symlinkSync(entry.text, path);
}

/** What modprobe would load in the RAM disk, in order; paths below the modules of the kernel. */
function loadedFor(name: string): readonly string[] {
  const printed = succeed(['modprobe', '-d', staged, '-S', VERSION, '--show-depends', name]).toString();
  return printed
    .trim()
    .split('\n')
    .map((line) => line.replace(/^insmod .*?\/lib\/modules\/[^/]*\//, '').trim());
}

/** A driver with firmware that needs a core, which needs a library; each compressed in another way. */
function writeDriver(): void {
  writeModule('drivers/net/ethernet/acme/acme-net.ko.xz', {
    imports: ['acme_core_open', 'printk'],
    information: [
      'alias=pci:v0000ACMEd00000001sv*sd*bc*sc*i*',
      'firmware=acme/one.bin',
      'firmware=acme/absent.bin',
      'description=Two lines\nof words',
      'softdep=pre: acme_checksum post: acme_late',
    ],
  });
  writeModule('drivers/net/ethernet/acme/acme-core.ko.zst', {
    imports: ['acme_lib_sum'],
    exports: ['acme_core_open'],
    information: ['firmware=acme/one.bin', 'firmware=acme/two.bin'],
  });
  writeModule('lib/acme-lib.ko', { exports: ['acme_lib_sum'] });
  writeModule('crypto/acme-sum-generic.ko.xz', { information: ['alias=acme_checksum'] });
  writeModule('drivers/misc/acme-other.ko', { information: ['firmware=acme/other.bin'] });
}

test('a driver with all it needs, from the tree into the RAM disk', async () => {
  writeDriver();
  installed();
  write('/usr/lib/firmware/acme/real-1.bin', 'one');
  symlinkSync('real-1.bin', join(rig.tree, 'usr/lib/firmware/acme/one.bin'));
  write('/usr/lib/firmware/updates/acme/two.bin.xz', 'two');
  write('/usr/lib/firmware/acme/other.bin', 'other');
  const files = [
    'kernel/crypto/acme-sum-generic.ko.xz',
    'kernel/drivers/net/ethernet/acme/acme-core.ko.zst',
    'kernel/drivers/net/ethernet/acme/acme-net.ko.xz',
    'kernel/lib/acme-lib.ko',
  ];
  const two = '/usr/lib/firmware/updates/acme/two.bin.xz';
  expect(await make('network')).toEqual({
    files,
    firmware: {
      entries: [
        { kind: 'link', path: '/lib', text: 'usr/lib' },
        { kind: 'link', path: '/usr/lib/firmware/acme/one.bin', text: 'real-1.bin' },
        {
          kind: 'copy',
          path: '/usr/lib/firmware/acme/real-1.bin',
          from: '/usr/lib/firmware/acme/real-1.bin',
        },
        { kind: 'copy', path: two, from: two },
      ],
      missing: [{ name: 'acme/absent.bin', wantedBy: ['acme_net'] }],
    },
  });
  const inOrder = [files[0], files[3], files[1], files[2]];
  expect(loadedFor('acme_net')).toEqual(inOrder);
  expect(loadedFor('pci:v0000ACMEd00000001sv00001AF4sd00000001bc02sc00i00')).toEqual(inOrder);
  expect(
    readFileSync(join(staged, 'usr/lib/modules', VERSION, 'modules.dep'), 'utf8')
      .split('\n')
      .sort(),
  ).toEqual([
    '',
    `${files[0] ?? ''}:`,
    `${files[1] ?? ''}: ${files[3] ?? ''}`,
    `${files[2] ?? ''}: ${files[1] ?? ''} ${files[3] ?? ''}`,
    `${files[3] ?? ''}:`,
  ]);
});
