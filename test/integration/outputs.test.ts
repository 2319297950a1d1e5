// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
  closeSync,
  lutimesSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import type { OutputFormatName } from '../../lib/formats/index.ts';
import { outputFormats } from '../../lib/formats/index.ts';
import type { HostPath } from '../../lib/model/brands.ts';
import { hostPath, MiB } from '../../lib/model/brands.ts';
import type { BuildPlan, PlannedOutput } from '../../lib/model/plan.ts';
import { wholeImage } from '../../lib/worker/disk/raw-image.ts';
import { makeOutputs } from '../../lib/worker/outputs/make-outputs.ts';
import type { PartialRequest } from '../support/make-request.ts';
import { requestWith } from '../support/make-request.ts';
import { requires } from '../support/requires.ts';
import type { WorkerRig } from '../support/worker-rig.ts';
import { failureOf, workerRig } from '../support/worker-rig.ts';

requires({
  programs: ['qemu-img', 'mksquashfs', 'unsquashfs', 'zstd', 'gzip', 'tar', 'md5sum', 'sha256sum'],
});

let rig: WorkerRig | null = null;
afterEach(async () => {
  await rig?.close();
  rig = null;
});

type Wanted = {
  readonly types: readonly OutputFormatName[];
  readonly output?: PartialRequest['output'];
  readonly environment?: Readonly<Record<string, string>>;
};

type Made = { readonly rig: WorkerRig; readonly disk: HostPath; readonly file: (name: string) => string };

/** A tree and a sparse disk, and a plan for the outputs, as the planner makes it. */
async function rigFor({ types, output = {}, environment = {} }: Wanted): Promise<Made> {
  const request = requestWith({ outputTypes: types, imageName: 'name', output, environment });
  const options = { ...request, outputTypes: types };
  rig = await workerRig({ name: 'name', environment: { IMAGE_NAME: 'name' } });
  const { out } = rig;
  const outputs = types.map((type): PlannedOutput => {
    const { extension, from, recipe } = outputFormats[type];
    const made = recipe(options);
    if (!made.ok) throw new Error(JSON.stringify(made.problems));
    const { checksums, overwriteOldImage } = request.output;
    const file = hostPath(join(out, `name.${extension}`));
    return { format: type, from, file, recipe: made.value, checksums, keepOld: !overwriteOldImage };
  });
  rig = { ...rig, context: { ...rig.context, plan: { ...rig.context.plan, outputs } satisfies BuildPlan } };
  fillTree(rig.tree);
  const disk = hostPath(join(rig.context.paths.image, 'image0.raw'));
  writeDisk(disk);
  return { rig, disk, file: (name) => join(out, name) };
}

function fillTree(tree: string): void {
  for (const path of ['etc', 'proc', 'sys/kernel', 'usr/bin'])
    mkdirSync(join(tree, path), { recursive: true });
  writeFileSync(join(tree, 'etc/hostname'), 'image\n');
  writeFileSync(join(tree, 'usr/bin/tool'), '#!/bin/sh\n', { mode: 0o755 });
  symlinkSync('usr/bin', join(tree, 'bin'));
  writeFileSync(join(tree, 'proc/version'), 'of the host\n');
  writeFileSync(join(tree, '.hidden'), '');
}

/** Text, noise that does not shrink, zeros that were written, and holes. */
function writeDisk(path: string): void {
  const file = openSync(path, 'w');
  ftruncateSync(file, 24 * MiB);
  writeSync(file, 'text '.repeat(100_000), 3 * MiB + 12_345);
  let noise = createHash('sha256').update('noise').digest();
  for (let offset = 0; offset < MiB; offset += 32) {
    noise = createHash('sha256').update(noise).digest();
    writeSync(file, noise, 0, 32, 8 * MiB + offset);
  }
  writeSync(file, Buffer.alloc(MiB), 0, MiB, 12 * MiB);
  writeSync(file, 'end', 24 * MiB - 3);
  closeSync(file);
}

function tool(program: string, ...words: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(program, words, { encoding: 'utf8', cwd: rig?.out });
  expect({ program, status, stderr: status === 0 ? '' : stderr }).toEqual({ program, status: 0, stderr: '' });
  return stdout;
}

const inTree = [
  './',
  './.hidden',
  './bin',
  './etc/',
  './etc/hostname',
  './proc/',
  './sys/',
  './usr/',
  './usr/bin/',
  './usr/bin/tool',
];

describe('formats made from the disk', () => {
  const drivers = { qcow2: 'qcow2', vhd: 'vpc', vhdx: 'vhdx', vmdk: 'vmdk', vdi: 'vdi', raw: 'raw' } as const;

  test.each(Object.entries(drivers))('%s holds the same disk when qemu reads it', async (type, driver) => {
    const { rig, disk, file } = await rigFor({ types: [type as keyof typeof drivers] });
    const copy = file('copy');
    tool('cp', disk, copy);
    await makeOutputs(rig.context, { tree: rig.tree, disk: wholeImage(disk), growth: null });
    const made = file(`name.${type}`);
    expect(tool('qemu-img', 'compare', '-f', 'raw', '-F', driver, copy, made)).toBe(
      'Images are identical.\n',
    );
    const info = JSON.parse(tool('qemu-img', 'info', '--output=json', made)) as Record<string, unknown>;
    expect(info).toMatchObject({ format: driver, 'virtual-size': 24 * MiB });
    expect(statSync(made).blocks * 512).toBeLessThan(8 * MiB);
    expect(readdirSync(rig.out).sort()).toEqual(['copy', `name.${type}`]);
  });

  const qcow2Cases = [
    { name: 'compressed with zlib', output: {}, compat: '1.1', type: 'zlib' },
    { name: 'of version 2', output: { qemuImgOptions: 'compat=0.10' }, compat: '0.10', type: 'zlib' },
    { name: 'uncompressed', output: { compress: false }, compat: '1.1', type: 'zlib' },
    {
      name: 'with small clusters',
      output: { qemuImgOptions: 'cluster_size=4k' },
      compat: '1.1',
      type: 'zlib',
    },
    {
      name: 'with large clusters',
      output: { qemuImgOptions: 'cluster_size=2M' },
      compat: '1.1',
      type: 'zlib',
    },
    { name: 'compressed with zstd', output: { qcow2Compression: 'zstd' }, compat: '1.1', type: 'zstd' },
    {
      name: 'with options of qemu-img',
      output: { qemuImgOptions: 'lazy_refcounts=on' },
      compat: '1.1',
      type: 'zlib',
    },
  ] as const;

  test.each(qcow2Cases)('a qcow2 $name is sound', async ({ output, compat, type }) => {
    const { rig, disk, file } = await rigFor({ types: ['qcow2'], output });
    await makeOutputs(rig.context, { tree: rig.tree, disk: wholeImage(disk), growth: null });
    const made = file('name.qcow2');
    const check = JSON.parse(tool('qemu-img', 'check', '--output=json', made)) as Record<string, unknown>;
    expect(check).toMatchObject({ 'check-errors': 0 });
    expect(check).not.toHaveProperty('leaks');
    expect(check).not.toHaveProperty('corruptions');
    expect('compressed-clusters' in check).toBe(!('compress' in output));
    expect(tool('qemu-img', 'compare', '-f', 'raw', '-F', 'qcow2', disk, made)).toBe(
      'Images are identical.\n',
    );
    const info = JSON.parse(tool('qemu-img', 'info', '--output=json', made)) as Info;
    expect(info['format-specific'].data.compat).toBe(compat);
    expect(info['format-specific'].data['compression-type']).toBe(type);
  });

  type Info = {
    readonly 'format-specific': {
      readonly data: { readonly compat: string; readonly 'compression-type': string };
    };
  };
});

describe('the same input makes the same bytes', () => {
  const sumOf = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');
  const cases: readonly (readonly [string, Wanted])[] = [
    ...(
      ['qcow2', 'raw', 'vdi', 'vhd', 'vhdx', 'vmdk', 'tar', 'tgz', 'tar.zst', 'squashfs', 'oci'] as const
    ).map((type) => [type, { types: [type] }] as const),
    ['qcow2 with zstd', { types: ['qcow2'], output: { qcow2Compression: 'zstd' } }],
    ['fixed vhd', { types: ['vhd'], output: { qemuImgOptions: 'subformat=fixed' } }],
    ['streamed vmdk', { types: ['vmdk'], output: { qemuImgOptions: 'subformat=streamOptimized' } }],
    ['squashfs with xz', { types: ['squashfs'], environment: { DIB_SQUASHFS_COMPRESSION: 'xz' } }],
  ];

  test.each(cases)('%s', async (_, wanted) => {
    const sums = [];
    for (let run = 0; run < 2; run++) {
      const { rig: made, disk, file } = await rigFor(wanted);
      const { extension } = outputFormats[wanted.types[0] ?? 'raw'];
      for (const path of tool('find', made.tree).trim().split('\n')) lutimesSync(path, 1e9, 1e9 + 77.5);
      await makeOutputs(made.context, { tree: made.tree, disk: wholeImage(disk), growth: null });
      // An OCI image's index names all the rest of it by digest.
      sums.push(sumOf(file(extension === 'oci' ? 'name.oci/index.json' : `name.${extension}`)));
      await made.close();
      // Times in images have seconds.
      if (run === 0) await setTimeout(1100);
    }
    rig = null;
    expect(sums[1]).toBe(sums[0]);
  });

  const identified = { vdi: [0x188, 32], vhd: [68, 16], vhdx: [0x10010, 32] } as const;

  test.each(Object.entries(identified))(
    'another disk gives a %s another identity',
    async (type, [at, length]) => {
      const ids = [];
      for (const text of ['one', 'two']) {
        const { rig: made, disk, file } = await rigFor({ types: [type as keyof typeof identified] });
        writeFileSync(disk, text, { flag: 'r+' });
        await makeOutputs(made.context, { tree: made.tree, disk: wholeImage(disk), growth: null });
        ids.push(
          readFileSync(file(`name.${type}`))
            .subarray(at, at + length)
            .toString('hex'),
        );
        await made.close();
      }
      rig = null;
      expect(ids[0]).not.toBe(ids[1]);
      expect(ids[0]).not.toMatch(/^0+$/);
    },
  );

  test('a squashfs is dated by SOURCE_DATE_EPOCH, else by its newest file', async () => {
    const dates = [];
    for (const environment of [{}, { SOURCE_DATE_EPOCH: '1234567890' }]) {
      const { rig: made } = await rigFor({ types: ['squashfs'], environment });
      for (const path of tool('find', made.tree).trim().split('\n')) lutimesSync(path, 0, 1e9);
      lutimesSync(join(made.tree, 'usr/bin/tool'), 0, 1_111_111_111.9);
      utimesSync(join(made.tree, 'proc/version'), 0, 2e9);
      await makeOutputs(
        { ...made.context, plan: { ...made.context.plan, environment } },
        { tree: made.tree, disk: null, growth: null },
      );
      dates.push(readFileSync(join(made.out, 'name.squash')).readUInt32LE(8));
      await made.close();
    }
    rig = null;
    expect(dates).toEqual([1_111_111_111, 1_234_567_890]);
  });
});

describe('formats made from the tree', () => {
  const listings = {
    tar: () => tool('tar', '-tf', 'name.tar'),
    tgz: () => tool('tar', '-tzf', 'name.tgz'),
    'tar.zst': () => tool('sh', '-c', 'zstd -dcq name.tar.zst | tar -t'),
  } as const;

  test.each(Object.entries(listings))('%s holds the tree without the kernel’s files', async (type, list) => {
    const { rig } = await rigFor({ types: [type as keyof typeof listings] });
    await makeOutputs(rig.context, { tree: rig.tree, disk: null, growth: null });
    expect(list().trim().split('\n')).toEqual(inTree);
    expect(readdirSync(rig.out)).toEqual([`name.${type}`]);
  });

  test('an archive is the same bytes every time', async () => {
    const { rig, file } = await rigFor({
      types: ['tar', 'tgz', 'tar.zst'],
      output: { overwriteOldImage: true },
    });
    const digests = (): readonly string[] =>
      Object.keys(listings).map((type) =>
        createHash('sha256')
          .update(readFileSync(file(`name.${type}`)))
          .digest('hex'),
      );
    await makeOutputs(rig.context, { tree: rig.tree, disk: null, growth: null });
    const before = digests();
    readFileSync(join(rig.tree, 'etc/hostname'));
    await makeOutputs(rig.context, { tree: rig.tree, disk: null, growth: null });
    expect(digests()).toEqual(before);
  });

  test('tgz is compressed by DIB_GZIP_BIN when it names a program', async () => {
    const { rig, file } = await rigFor({ types: ['tgz'], environment: { DIB_GZIP_BIN: 'zstd' } });
    await makeOutputs(rig.context, { tree: rig.tree, disk: null, growth: null });
    expect(readFileSync(file('name.tgz')).readUInt32LE(0).toString(16)).toBe('fd2fb528');
  });

  test('squashfs holds the tree without the kernel’s files', async () => {
    const { rig } = await rigFor({ types: ['squashfs'] });
    await makeOutputs(rig.context, { tree: rig.tree, disk: null, growth: null });
    const listed = tool('unsquashfs', '-ls', 'name.squash').trim().split('\n');
    const wanted = inTree.map((path) => `squashfs-root${path.slice(1)}`.replace(/\/$/, ''));
    expect(listed.filter((line) => line.startsWith('squashfs-root')).sort()).toEqual(wanted.sort());
    expect(tool('unsquashfs', '-stat', 'name.squash')).toMatch(/Compression zstd\n/);
    expect(tool('unsquashfs', '-cat', 'name.squash', 'etc/hostname')).toBe('image\n');
  });

  test('an OCI image is a layout whose digests hold', async () => {
    const { rig, file } = await rigFor({ types: ['oci'] });
    await makeOutputs(rig.context, { tree: rig.tree, disk: null, growth: null });
    const read = (path: string): Record<string, unknown> =>
      JSON.parse(readFileSync(file(`name.oci/${path}`), 'utf8')) as Record<string, unknown>;
    expect(read('oci-layout')).toEqual({ imageLayoutVersion: '1.0.0' });
    const blob = ({ digest = '' }: { digest?: string }): string =>
      `blobs/sha256/${digest.replace('sha256:', '')}`;
    const { manifests } = read('index.json') as { manifests: { digest: string; annotations: object }[] };
    expect(manifests.map(({ annotations }) => annotations)).toEqual([
      { 'org.opencontainers.image.ref.name': 'name' },
    ]);
    const manifest = read(blob(manifests[0] ?? {})) as {
      config: { digest: string };
      layers: { digest: string; size: number }[];
    };
    const layer = blob(manifest.layers[0] ?? {});
    const config = read(blob(manifest.config)) as { rootfs: { diff_ids: string[] } };
    expect(config).toMatchObject({ architecture: 'amd64', os: 'linux' });
    const unpacked = tool('sh', '-c', `gzip -dc name.oci/${layer} | sha256sum`).slice(0, 64);
    expect(config.rootfs.diff_ids).toEqual([`sha256:${unpacked}`]);
    expect(statSync(file(`name.oci/${layer}`)).size).toBe(manifest.layers[0]?.size);
    expect(tool('tar', '-tzf', `name.oci/${layer}`).trim().split('\n')).toEqual(inTree);
    const blobs = readdirSync(file('name.oci/blobs/sha256'));
    expect(blobs).toHaveLength(3);
    for (const name of blobs)
      expect(tool('sha256sum', `name.oci/blobs/sha256/${name}`).slice(0, 64)).toBe(name);
  });
});

describe('what stands at the place asked for', () => {
  test('several outputs of one run, raw among them, each with checksums that check', async () => {
    const { rig, disk } = await rigFor({
      types: ['raw', 'qcow2', 'tar', 'tgz'],
      output: { checksums: ['md5', 'sha256'] },
    });
    await makeOutputs(rig.context, { tree: rig.tree, disk: wholeImage(disk), growth: null });
    const names = ['name.qcow2', 'name.raw', 'name.tar', 'name.tgz'];
    expect(readdirSync(rig.out).sort()).toEqual(
      names.flatMap((name) => [name, `${name}.md5`, `${name}.sha256`]),
    );
    for (const name of names) {
      expect(tool('md5sum', '--check', `${name}.md5`)).toBe(`${name}: OK\n`);
      expect(tool('sha256sum', '--check', `${name}.sha256`)).toBe(`${name}: OK\n`);
    }
    expect(existsSync(disk)).toBe(false);
    const made = rig.events.filter((event) => event.kind === 'output-made');
    expect(made.map(({ format }) => format).sort()).toEqual(['qcow2', 'raw', 'tar', 'tgz']);
    expect(made.at(-1)?.format).toBe('raw');
    expect(made.at(-1)).toMatchObject({
      file: join(rig.out, 'name.raw'),
      bytes: 24 * MiB,
      allocatedBytes: statSync(join(rig.out, 'name.raw')).blocks * 512,
      checksums: { md5: readFileSync(join(rig.out, 'name.raw.md5'), 'utf8').slice(0, 32) },
    });
  });

  test('an old image is renamed after its date, with its checksums', async () => {
    const { rig, disk, file } = await rigFor({ types: ['qcow2'], output: { checksums: ['md5'] } });
    writeFileSync(file('name.qcow2'), 'old');
    writeFileSync(file('name.qcow2.md5'), 'old sum');
    utimesSync(file('name.qcow2'), 0, new Date(2024, 2, 1, 14, 5, 9).getTime() / 1000);
    await makeOutputs(rig.context, { tree: rig.tree, disk: wholeImage(disk), growth: null });
    expect(readdirSync(rig.out).sort()).toEqual([
      'name-2024.03.01-14.05.09.qcow2',
      'name-2024.03.01-14.05.09.qcow2.md5',
      'name.qcow2',
      'name.qcow2.md5',
    ]);
    expect(readFileSync(file('name-2024.03.01-14.05.09.qcow2'), 'utf8')).toBe('old');
    expect(tool('md5sum', '--check', 'name.qcow2.md5')).toBe('name.qcow2: OK\n');
  });

  test('an old image is replaced when that was asked for, and its checksums do not stay', async () => {
    const { rig, file } = await rigFor({ types: ['tar', 'oci'], output: { overwriteOldImage: true } });
    writeFileSync(file('name.tar'), 'old');
    writeFileSync(file('name.tar.md5'), 'old sum');
    mkdirSync(file('name.oci/old'), { recursive: true });
    await makeOutputs(rig.context, { tree: rig.tree, disk: null, growth: null });
    expect(readdirSync(rig.out).sort()).toEqual(['name.oci', 'name.tar']);
    expect(statSync(file('name.tar')).size).toBeGreaterThan(3);
    expect(readdirSync(file('name.oci')).sort()).toEqual(['blobs', 'index.json', 'oci-layout']);
  });

  test('nothing, when one of the outputs fails; what was there stays', async () => {
    const { rig, disk, file } = await rigFor({ types: ['vmdk', 'raw'] });
    writeFileSync(file('name.raw'), 'old');
    const [vmdk, raw] = rig.context.plan.outputs;
    if (vmdk === undefined || raw === undefined) throw new Error('two outputs were planned');
    const argv = ['sh', '-c', 'echo half > "$1"; echo no luck >&2; exit 3', 'sh', '{file}'];
    const outputs = [{ ...vmdk, recipe: { kind: 'command', argv } } as const, raw];
    const failing = { ...rig.context, plan: { ...rig.context.plan, outputs } };
    expect(
      await failureOf(makeOutputs(failing, { tree: rig.tree, disk: wholeImage(disk), growth: null })),
    ).toMatchObject({
      kind: 'command-failed',
      doing: `making ${file('name.vmdk')}`,
      exitStatus: 3,
      lastLines: ['no luck'],
    });
    expect(readdirSync(rig.out)).toEqual(['name.raw']);
    expect(readFileSync(file('name.raw'), 'utf8')).toBe('old');
    expect(existsSync(disk)).toBe(true);
  });

  test.skipIf(process.getuid?.() !== 0).each(['qcow2', 'tar', 'oci', 'raw', 'vmdk'] as const)(
    'nothing of %s, when the disk it goes to is full',
    async (type) => {
      const { rig, disk } = await rigFor({ types: [type] });
      writeFileSync(join(rig.tree, 'usr/noise'), readFileSync(disk).subarray(8 * MiB, 9 * MiB));
      const { out } = rig;
      tool('mount', '-t', 'tmpfs', '-o', 'size=512k', 'small', out);
      rig.context.scope.defer('the small disk', () => Promise.resolve(void spawnSync('umount', [out])));
      const failure = await failureOf(
        makeOutputs(rig.context, { tree: rig.tree, disk: wholeImage(disk), growth: null }),
      );
      expect(failure).toMatchObject({ kind: 'no-space' });
      expect(failure.kind === 'no-space' ? failure.path : '').toContain(`name.${type}`);
      expect(readdirSync(out)).toEqual([]);
      expect(existsSync(disk)).toBe(true);
    },
  );

  test('only what is noted before it is made, for when this build is killed', async () => {
    const { rig, disk, file } = await rigFor({ types: ['qcow2'], output: { checksums: ['md5'] } });
    await makeOutputs(rig.context, { tree: rig.tree, disk: wholeImage(disk), growth: null });
    const noted = readFileSync(join(rig.context.paths.work, 'elsewhere'), 'utf8');
    expect(noted).toBe(
      `${file('.name.qcow2.this-build.part')}\n${file('.name.qcow2.md5.this-build.part')}\n`,
    );
    expect(readdirSync(rig.out).sort()).toEqual(['name.qcow2', 'name.qcow2.md5']);
  });

  test.skipIf(process.getuid?.() !== 0)(
    'belongs to the user behind sudo, directories made for it too',
    async () => {
      const { rig } = await rigFor({ types: ['oci'] });
      const [oci] = rig.context.plan.outputs;
      if (oci === undefined) throw new Error('an output was planned');
      const outputs = [{ ...oci, file: hostPath(join(rig.out, 'new/name.oci')) }];
      const plan = { ...rig.context.plan, outputs };
      await makeOutputs(
        { ...rig.context, plan, owner: { uid: 1234, gid: 5678 } },
        { tree: rig.tree, disk: null, growth: null },
      );
      const made = readdirSync(join(rig.out, 'new'), { recursive: true, encoding: 'utf8' });
      expect(made).toHaveLength(8);
      for (const name of ['', ...made]) {
        const { uid, gid } = statSync(join(rig.out, 'new', name));
        expect({ name, uid, gid }).toEqual({ name, uid: 1234, gid: 5678 });
      }
    },
  );

  test('a directory that the name asks for', async () => {
    const { rig } = await rigFor({ types: ['tar'] });
    const [tar] = rig.context.plan.outputs;
    if (tar === undefined) throw new Error('an output was planned');
    const outputs = [{ ...tar, file: hostPath(join(rig.out, 'a/b/name.tar')), checksums: ['md5'] as const }];
    const plan = { ...rig.context.plan, outputs, environment: { IMAGE_NAME: 'a/b/name' } };
    await makeOutputs({ ...rig.context, plan }, { tree: rig.tree, disk: null, growth: null });
    expect(tool('md5sum', '--check', 'a/b/name.tar.md5')).toBe('a/b/name.tar: OK\n');
  });
});
