// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import type { OutputFormatName } from '../../lib/formats/index.ts';
import { outputFormats } from '../../lib/formats/index.ts';
import type { OutputFormat, RecipeOptions } from '../../lib/formats/output-format.ts';
import type { OutputRecipe } from '../../lib/model/plan.ts';
import type { RamdiskSource } from '../../lib/model/ramdisk-source.ts';
import type { PartialRequest } from '../support/make-request.ts';
import { requestWith } from '../support/make-request.ts';

type Case = {
  readonly asked?: PartialRequest;
  readonly recipe: OutputRecipe;
  readonly needs?: readonly string[];
};
type Refusal = { readonly asked: PartialRequest; readonly messages: readonly string[] };
type FormatFacts = {
  readonly extension: string;
  readonly from: 'tree' | 'disk';
  readonly accepted: readonly Case[];
  readonly refused: readonly Refusal[];
};

const command = (...argv: readonly string[]): OutputRecipe => ({ kind: 'command', argv });
const withOptions = (qemuImgOptions: string, others: PartialRequest['output'] = {}): PartialRequest => ({
  output: { qemuImgOptions, ...others },
});
const converted = (driver: string, ...options: readonly string[]): OutputRecipe =>
  command('qemu-img', 'convert', '-f', 'raw', '-O', driver, ...options, '{disk}', '{file}');
const packed = (...compressor: readonly string[]): OutputRecipe =>
  command(
    'tar',
    '--create',
    '--file={file}',
    '--force-local',
    ...compressor,
    '--directory={tree}',
    '--format=posix',
    '--pax-option=delete=atime,delete=ctime',
    '--sort=name',
    '--numeric-owner',
    '--xattrs',
    '--xattrs-include=*',
    '--anchored',
    '--exclude=./proc/*',
    '--exclude=./sys/*',
    '.',
  );
const qcow2 = (version: 2 | 3, clusterBytes: number, compress: boolean): OutputRecipe =>
  ({ kind: 'qcow2', version, clusterBytes, compress }) as OutputRecipe;
const squashed = (...compressor: readonly string[]): OutputRecipe =>
  command(
    ...[
      'mksquashfs',
      '{tree}',
      '{file}',
      '-comp',
      ...compressor,
      '-noappend',
      '-no-progress',
      '-no-recovery',
    ],
    ...['-wildcards', '-e', 'proc/*', 'sys/*'],
  );
const squashing = (DIB_SQUASHFS_COMPRESSION: string, DIB_SQUASHFS_LEVEL: string): PartialRequest => ({
  environment: { DIB_SQUASHFS_COMPRESSION, DIB_SQUASHFS_LEVEL },
});
const zstdWords = 'compat=1.1,cluster_size=65536,compression_type=zstd';
const compressing = (words: string): OutputRecipe =>
  command(
    ...['qemu-img', 'convert', '-c', '-m', '16', '-f', 'raw', '-O', 'qcow2'],
    ...['-o', words, '{disk}', '{file}'],
  );

const source: RamdiskSource = {
  isHost: false,
  kernelVersion: null,
  moduleRoot: '',
  udevRoot: '',
  busybox: null,
};
const packing = (name: string, ...argv: readonly string[]): OutputRecipe => ({
  kind: 'initramfs',
  packing: { name, argv },
  source,
});
const packingBy = (DIB_RAMDISK_COMPRESSION: string): PartialRequest => ({
  environment: { DIB_RAMDISK_COMPRESSION },
});
const indexing = ['modinfo', 'depmod'];

/** What is promised of each format: a format without a row does not compile. */
const facts: Readonly<Record<OutputFormatName, FormatFacts>> = {
  qcow2: {
    extension: 'qcow2',
    from: 'disk',
    accepted: [
      { recipe: qcow2(3, 65_536, true), needs: [] },
      { asked: { output: { compress: false } }, recipe: qcow2(3, 65_536, false), needs: [] },
      { asked: withOptions('compat=0.10'), recipe: qcow2(2, 65_536, true), needs: [] },
      { asked: withOptions('compat=1.1,cluster_size=128k'), recipe: qcow2(3, 131_072, true), needs: [] },
      { asked: withOptions('cluster_size=2M,compression_type=zlib'), recipe: qcow2(3, 2_097_152, true) },
      {
        asked: { output: { qcow2Compression: 'zstd' } },
        recipe: compressing(zstdWords),
        needs: ['qemu-img'],
      },
      { asked: withOptions('compression_type=zstd'), recipe: compressing(zstdWords), needs: ['qemu-img'] },
      {
        asked: withOptions('compression_type=zlib', { qcow2Compression: 'zstd' }),
        recipe: qcow2(3, 65_536, true),
        needs: [],
      },
      { asked: { output: { qcow2Compression: 'zstd', compress: false } }, recipe: qcow2(3, 65_536, false) },
      {
        asked: withOptions('lazy_refcounts,refcount_bits=8'),
        recipe: compressing('compat=1.1,cluster_size=65536,lazy_refcounts=on,refcount_bits=8'),
        needs: ['qemu-img'],
      },
      {
        asked: withOptions('preallocation=metadata', { compress: false }),
        recipe: converted('qcow2', '-o', 'compat=1.1,cluster_size=65536,preallocation=metadata'),
      },
      {
        asked: { ...withOptions('subformat=fixed'), outputTypes: ['qcow2', 'vhd'] },
        recipe: qcow2(3, 65_536, true),
      },
    ],
    refused: [
      {
        asked: withOptions('compat=0.10,compression_type=zstd'),
        messages: ['a qcow2 image with compat=0.10 cannot be compressed with zstd'],
      },
      {
        asked: withOptions('compat=0.10', { qcow2Compression: 'zstd' }),
        messages: ['a qcow2 image with compat=0.10 cannot be compressed with zstd'],
      },
      {
        asked: withOptions('preallocation=full'),
        messages: ['a compressed qcow2 image cannot be made with preallocation=full'],
      },
      {
        asked: withOptions('compat=2,cluster_size=3000,compression_type=xz,clustersize=4k'),
        messages: [
          '--qemu-img-options: qcow2 knows no option clustersize',
          '--qemu-img-options: compat must be 0.10 or 1.1, not 2',
          '--qemu-img-options: compression_type must be zlib or zstd, not xz',
          '--qemu-img-options: cluster_size must be a power of two from 512 to 2M, not 3000',
        ],
      },
    ],
  },
  raw: { extension: 'raw', from: 'disk', accepted: [{ recipe: { kind: 'raw' }, needs: [] }], refused: [] },
  tar: { extension: 'tar', from: 'tree', accepted: [{ recipe: packed(), needs: ['tar'] }], refused: [] },
  tgz: {
    extension: 'tgz',
    from: 'tree',
    accepted: [
      { recipe: packed('--use-compress-program={gzip} -9 -n'), needs: ['tar', 'gzip'] },
      {
        asked: { environment: { DIB_GZIP_BIN: 'pigz' } },
        recipe: packed('--use-compress-program=pigz -9'),
        needs: ['tar', 'pigz'],
      },
    ],
    refused: [],
  },
  'tar.zst': {
    extension: 'tar.zst',
    from: 'tree',
    accepted: [{ recipe: packed('--use-compress-program=zstd -T0 -q'), needs: ['tar', 'zstd'] }],
    refused: [],
  },
  squashfs: {
    extension: 'squash',
    from: 'tree',
    accepted: [
      { recipe: squashed('zstd', '-Xcompression-level', '3'), needs: ['mksquashfs'] },
      { asked: squashing('', '22'), recipe: squashed('zstd', '-Xcompression-level', '22') },
      { asked: squashing('xz', ''), recipe: squashed('xz') },
      { asked: squashing('gzip', ''), recipe: squashed('gzip') },
      { asked: squashing('gzip', '9'), recipe: squashed('gzip', '-Xcompression-level', '9') },
    ],
    refused: [
      {
        asked: { environment: { DIB_SQUASHFS_COMPRESSION: 'zst' } },
        messages: ['DIB_SQUASHFS_COMPRESSION: mksquashfs has no compression zst'],
      },
      {
        asked: squashing('toString', ''),
        messages: ['DIB_SQUASHFS_COMPRESSION: mksquashfs has no compression toString'],
      },
      { asked: squashing('xz', '9'), messages: ['DIB_SQUASHFS_LEVEL: xz has no levels'] },
      {
        asked: squashing('', '23'),
        messages: ['DIB_SQUASHFS_LEVEL must be a number from 1 to 22 for zstd, not 23'],
      },
      {
        asked: squashing('lzo', '2.5'),
        messages: ['DIB_SQUASHFS_LEVEL must be a number from 1 to 9 for lzo, not 2.5'],
      },
    ],
  },
  vhd: {
    extension: 'vhd',
    from: 'disk',
    accepted: [
      { recipe: converted('vpc', '-o', 'subformat=dynamic,force_size=on'), needs: ['qemu-img'] },
      {
        asked: withOptions('subformat=fixed'),
        recipe: converted('vpc', '-o', 'subformat=fixed,force_size=on'),
      },
    ],
    refused: [{ asked: withOptions('size=1'), messages: ['--qemu-img-options: vhd knows no option size'] }],
  },
  vhdx: {
    extension: 'vhdx',
    from: 'disk',
    accepted: [{ recipe: converted('vhdx', '-o', 'subformat=dynamic'), needs: ['qemu-img'] }],
    refused: [
      { asked: withOptions('compat=1.1'), messages: ['--qemu-img-options: vhdx knows no option compat'] },
    ],
  },
  vmdk: {
    extension: 'vmdk',
    from: 'disk',
    accepted: [
      { recipe: converted('vmdk'), needs: ['qemu-img'] },
      {
        asked: { ...withOptions('compat=0.10,subformat=streamOptimized'), outputTypes: ['qcow2', 'vmdk'] },
        recipe: converted('vmdk', '-o', 'subformat=streamOptimized'),
      },
    ],
    refused: [
      { asked: withOptions('adapter=ide'), messages: ['--qemu-img-options: vmdk knows no option adapter'] },
    ],
  },
  vdi: {
    extension: 'vdi',
    from: 'disk',
    accepted: [{ recipe: converted('vdi'), needs: ['qemu-img'] }],
    refused: [
      { asked: withOptions('compat=1.1'), messages: ['--qemu-img-options: vdi knows no option compat'] },
    ],
  },
  oci: {
    extension: 'oci',
    from: 'tree',
    accepted: [
      {
        asked: { imageName: 'images/my image', arch: 'arm64' },
        recipe: { kind: 'oci', arch: 'arm64', tag: 'my-image' },
        needs: ['tar', 'gzip'],
      },
      { asked: { imageName: '..' }, recipe: { kind: 'oci', arch: 'amd64', tag: 'latest' } },
    ],
    refused: [],
  },
  initramfs: {
    extension: 'initramfs',
    from: 'tree',
    accepted: [
      {
        recipe: packing('gzip', '{gzip}', '-n', '-f', '-6', '-S', '.packed', '{from}'),
        needs: [...indexing, 'gzip'],
      },
      {
        asked: packingBy('zstd'),
        recipe: packing('zstd', 'zstd', '-T0', '-q', '-f', '-9', '{from}', '-o', '{to}'),
        needs: [...indexing, 'zstd'],
      },
      {
        asked: packingBy('zstd:19'),
        recipe: packing('zstd', 'zstd', '-T0', '-q', '-f', '-19', '{from}', '-o', '{to}'),
      },
      {
        asked: packingBy('xz:0'),
        recipe: packing('xz', 'xz', '-T0', '-f', '--check=crc32', '-0', '-S', '.packed', '{from}'),
        needs: [...indexing, 'xz'],
      },
      {
        asked: packingBy('lz4'),
        recipe: packing('lz4', 'lz4', '-l', '-q', '-f', '-9', '{from}', '{to}'),
        needs: [...indexing, 'lz4'],
      },
      {
        asked: packingBy('none'),
        recipe: { kind: 'initramfs', packing: { name: 'none', argv: null }, source },
        needs: indexing,
      },
      {
        asked: { ramdisk: { kernelVersion: '6.1', moduleRoot: '/k', udevRoot: '/u', busybox: '/b' } },
        recipe: {
          kind: 'initramfs',
          packing: { name: 'gzip', argv: ['{gzip}', '-n', '-f', '-6', '-S', '.packed', '{from}'] },
          source: { isHost: false, kernelVersion: '6.1', moduleRoot: '/k', udevRoot: '/u', busybox: '/b' },
        },
      },
    ],
    refused: [
      {
        asked: packingBy('zst'),
        messages: ['DIB_RAMDISK_COMPRESSION: no RAM disk is compressed by zst'],
      },
      {
        asked: packingBy('toString'),
        messages: ['DIB_RAMDISK_COMPRESSION: no RAM disk is compressed by toString'],
      },
      {
        asked: packingBy('gzip:0'),
        messages: ['DIB_RAMDISK_COMPRESSION: gzip has the levels 1 to 9, not 0'],
      },
      {
        asked: packingBy('gzip:9:9'),
        messages: ['DIB_RAMDISK_COMPRESSION: gzip has the levels 1 to 9, not 9:9'],
      },
    ],
  },
  kernel: {
    extension: 'kernel',
    from: 'tree',
    accepted: [{ recipe: { kind: 'kernel', source }, needs: [] }],
    refused: [],
  },
};

const optionsFor = (name: string, asked: PartialRequest = {}): RecipeOptions =>
  requestWith({ outputTypes: [name], ...asked });

describe.each(Object.entries(outputFormats))('the format %s', (name, format: OutputFormat) => {
  const { extension, from, accepted, refused } = facts[name as OutputFormatName];

  test('has its name, its extension and its source', () => {
    expect({ name: format.name, extension: format.extension, from: format.from }).toEqual({
      name,
      extension,
      from,
    });
  });

  test.each(accepted)('makes of $asked exactly its recipe', ({ asked, recipe, needs }) => {
    const options = optionsFor(name, asked);
    expect(format.recipe(options)).toEqual({ ok: true, value: recipe });
    const found = format.needs(options);
    if (needs !== undefined) expect(found.map(({ program }) => program)).toEqual(needs);
    expect(found.every(({ reason }) => reason !== '')).toBe(true);
  });

  test('starts only programs that it says it needs', () => {
    for (const { asked, recipe } of accepted) {
      const needs = format.needs(optionsFor(name, asked)).map(({ program }) => program);
      if (recipe.kind === 'command') expect(needs).toContain(recipe.argv[0]);
    }
  });

  test.skipIf(refused.length === 0).each(refused)('refuses $asked', ({ asked, messages }) => {
    const result = format.recipe(optionsFor(name, asked));
    expect(result.ok ? [] : result.problems.map(({ message }) => message)).toEqual(messages);
  });
});

test('an unknown option of several outputs is said once', () => {
  const outputTypes = ['qcow2', 'vmdk'];
  const options = requestWith({ outputTypes, output: { qemuImgOptions: 'subformt=x' } });
  const problems = [outputFormats.qcow2, outputFormats.vmdk].flatMap((format) => {
    const result = format.recipe(options);
    return result.ok ? [] : result.problems;
  });
  expect(problems.map(({ message, hints }) => [message, hints?.[0]])).toEqual([
    ['--qemu-img-options: qcow2 and vmdk know no option subformt', 'did you mean subformat?'],
  ]);
});
