// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { fallbackConfig } from '../../../lib/disk/plan-layout.ts';
import { prepareElements } from '../../../lib/elements/prepare-elements.ts';
import { hostPath } from '../../../lib/model/brands.ts';
import type { BuildPlan } from '../../../lib/model/plan.ts';
import type { Problem, Result } from '../../../lib/model/problem.ts';
import type { PlanFacts } from '../../../lib/plan/plan-facts.ts';
import { planBuild } from '../../../lib/plan/plan-build.ts';
import type { PartialRequest } from '../../support/make-request.ts';
import { requestWith } from '../../support/make-request.ts';

const elements = join(import.meta.dirname, '../../fixtures/elements-plan');

const facts: PlanFacts = {
  shellLibrary: hostPath('/lib/target'),
  hostCommands: hostPath('/lib/target/host-bin'),
  builder: ['node', 'main.js'],
  toolStamps: { 'grow-tree': 'abc' },
};

describe('problems', () => {
  test('of elements, outputs and the disk configuration come together', async () => {
    const problems = await problemsOf({
      elements: ['fruit', 'vmm'],
      outputTypes: ['qcov2', 'raw'],
      disk: { config: { text: '- local_lop: {name: image0}\n', origin: 'DIB_BLOCK_DEVICE_CONFIG' } },
    });
    expect(problems.map(({ message }) => message)).toEqual([
      'element `vmm` was not found',
      'unknown output type qcov2',
      'there is no kind of node called local_lop',
    ]);
    expect(problems[1]?.hints?.[0]).toBe('did you mean qcow2?');
    expect(problems[2]?.location).toMatchObject({ path: 'DIB_BLOCK_DEVICE_CONFIG', line: 1 });
  });

  test('include a root file system that cannot be made yet, but only when a disk is made', async () => {
    const messages = (await problemsOf({ elements: ['fruit', 'xfs-root'] })).map(({ message }) => message);
    expect(messages).toEqual(['the file system mkfs_root is of type xfs, which is not supported yet']);
    expect(await problemsOf({ elements: ['fruit', 'xfs-root'], outputTypes: ['tar'] })).toEqual([]);
  });

  test('include a package that hangs on a variable nobody sets', async () => {
    expect(await problemsOf({ elements: ['fruit', 'picky'] })).toEqual([
      {
        message: 'package `pickle` depends on the variable DIB_PICKY, which is not set',
        hints: ['set DIB_PICKY, or give it a default in environment.d'],
        location: {
          path: `${elements}/picky/package-installs.yaml`,
          line: 2,
          column: 3,
          text: '  when: DIB_PICKY = 1',
        },
      },
    ]);
    const plan = await planned({ elements: ['fruit', 'picky'], environment: { DIB_PICKY: '1' } });
    expect(plan.packages.find(({ element }) => element === 'picky')?.install).toEqual(['pickle']);
  });

  test('include a RUN_PARTS_REGEX that is none', async () => {
    const problems = await problemsOf({ elements: ['fruit'], environment: { RUN_PARTS_REGEX: '[' } });
    expect(problems.map(({ message }) => message)).toEqual(['RUN_PARTS_REGEX is no regular expression: [']);
  });
});

describe('a plan', () => {
  test('is made with devices for the first hook that needs one, and layers end there', async () => {
    const plan = await planned({ elements: ['fruit', 'own-device', 'old-loader'], outputTypes: ['tar'] });
    expect(plan.disk?.madeWith).toEqual({
      way: 'devices',
      reason: 'element `own-device` prepares the device itself in block-device.d/10-own',
    });
    expect(plan.outputs.map(({ from }) => from)).toEqual(['tree']);
    expect(plan.boot).toBeNull();
    expect(plan.needs.map(({ program }) => program)).toEqual(
      expect.arrayContaining(['mke2fs', 'losetup', 'addpart', 'fstrim']),
    );
    const cached = plan.tree.map((step) => (step.kind === 'hook' ? [step.script, step.cached] : []));
    expect(cached).toContainEqual(['51-old-loader', false]);
    expect(cached).toContainEqual(['08-grow', true]);
  });

  test('is made from files as long as no hook needs a device', async () => {
    const plan = await planned({ elements: ['fruit', 'vm', 'block-device-mbr', 'bootloader'] });
    expect(plan.disk?.madeWith).toEqual({ way: 'files' });
  });

  test('takes the disk layout of the first element that has one, and says so', async () => {
    const plan = await planned({ elements: ['fruit', 'block-device-mbr', 'xfs-root'] });
    expect(plan.disk?.layout.rootFileSystemType).toBe('ext4');
    expect(plan.notes).toEqual([
      `${elements}/xfs-root/block-device-default.yaml is not used: ` +
        `the disk is laid out by ${elements}/block-device-mbr/block-device-default.yaml`,
    ]);
  });

  test('takes the disk layout of the request before any other', async () => {
    const text = '- local_loop: {name: image0, mkfs: {type: ext2, label: mine, mount: {mount_point: /}}}\n';
    const plan = await planned({
      elements: ['fruit', 'block-device-mbr'],
      disk: { config: { text, origin: 'DIB_BLOCK_DEVICE_CONFIG' } },
    });
    expect(plan.disk?.layout.rootLabel).toBe('mine');
    expect(plan.environment['DIB_ROOT_LABEL']).toBe('mine');
    expect(plan.notes).toEqual([]);
  });

  test('has identifiers that depend on name, architecture and configuration alone', async () => {
    const identifier = async (request: PartialRequest): Promise<string | undefined> =>
      (await planned({ elements: ['fruit'], ...request })).environment['DIB_ROOT_UUID'];
    const usual = await identifier({});
    expect(await identifier({ imageName: 'elsewhere/image', outputTypes: ['raw', 'tar'] })).toBe(usual);
    expect(await identifier({ imageName: 'other' })).not.toBe(usual);
    expect(await identifier({ arch: 'arm64' })).not.toBe(usual);
    expect(await identifier({ elements: ['fruit', 'block-device-mbr'] })).not.toBe(usual);
  });

  test('carries what the worker needs', async () => {
    const plan = await planned({
      elements: ['fruit'],
      imageName: 'sub/x',
      output: { overwriteOldImage: true },
      temporaryDirectory: hostPath('/big'),
    });
    expect(plan.execution).toEqual({
      store: requestWith({}).store,
      debug: requestWith({}).debug,
      workingDirectory: '/work-here',
      temporaryDirectory: '/big',
      shellLibrary: '/lib/target',
      hostCommands: '/lib/target/host-bin',
      builder: ['node', 'main.js'],
      toolStamps: { 'grow-tree': 'abc' },
      hooksInTarget: '/tmp/in_target.d',
      diskConfig: fallbackConfig,
    });
    expect(plan.outputs.map(({ file, keepOld }) => [file, keepOld])).toEqual([
      ['/work-here/sub/x.qcow2', false],
    ]);
    expect(plan.tree.find((step) => step.kind === 'hook' && step.script === '99-machine-id')).toEqual({
      kind: 'hook',
      phase: 'finalise.d',
      element: 'fruit',
      script: '99-machine-id',
      runsIn: 'target',
      cached: false,
    });
  });
});

async function plan(request: PartialRequest): Promise<Result<BuildPlan>> {
  const whole = requestWith({ elementsPath: [hostPath(elements)], ...request });
  return planBuild(whole, await prepareElements(whole), facts);
}

async function planned(request: PartialRequest): Promise<BuildPlan> {
  const result = await plan(request);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.value;
}

async function problemsOf(request: PartialRequest): Promise<readonly Problem[]> {
  const result = await plan(request);
  return result.ok ? [] : result.problems;
}

describe('a RAM disk', () => {
  const ramdisk = { program: 'ramdisk-image-create', imageName: 'deploy' } as const;
  const filesOf = async (request: PartialRequest): Promise<readonly string[]> =>
    (await planned(request)).outputs.map(({ format, file }) => `${format} ${file}`);

  test('is what its element asks for, and no disk is made', async () => {
    const plan = await planned({ ...ramdisk, elements: ['fruit'] });
    expect(plan.disk).toBeNull();
    expect(plan.outputs.map(({ format, file }) => `${format} ${file}`)).toEqual([
      'initramfs /work-here/deploy.initramfs',
      'kernel /work-here/deploy.kernel',
    ]);
    expect(plan.notes).toEqual([]);
  });

  test('has its name as it is when that has an extension', async () => {
    expect(await filesOf({ ...ramdisk, elements: ['fruit'], ramdisk: { fileName: 'deploy.img' } })).toEqual([
      'initramfs /work-here/deploy.img',
      'kernel /work-here/deploy.kernel',
    ]);
  });

  test('can be made beside an image, and archives beside a RAM disk', async () => {
    expect(await filesOf({ elements: ['fruit', 'ramdisk'] })).toEqual([
      'qcow2 /work-here/image.qcow2',
      'initramfs /work-here/image.initramfs',
      'kernel /work-here/image.kernel',
    ]);
    const { outputs, notes } = await planned({
      ...ramdisk,
      elements: ['fruit'],
      outputTypes: ['raw', 'tar'],
    });
    expect(outputs.map(({ format, file }) => `${format} ${file}`)).toEqual([
      'tar /work-here/deploy.tar',
      'initramfs /work-here/deploy.initramfs',
      'kernel /work-here/deploy.kernel',
    ]);
    expect(notes).toEqual(['no disk image is made: ramdisk-image-create makes no disk']);
  });

  test('of the host needs no tree, and is the only thing made of it', async () => {
    const fromHost = { ...ramdisk, elements: ['fruit'], ramdisk: { isHost: true } };
    const plan = await planned(fromHost);
    expect([plan.tree, plan.packages]).toEqual([[], []]);
    expect(plan.needs.map(({ program }) => program)).toEqual(['modinfo', 'depmod', 'gzip']);
    expect(await problemsOf({ ...fromHost, outputTypes: ['tar'] })).toEqual([
      { message: '-t tar needs a tree, and --from-host makes none', hints: ['leave one of the two out'] },
    ]);
    expect(await problemsOf({ ...fromHost, program: 'disk-image-create' })).toEqual([
      { message: '--from-host is for ramdisk-image-create: an image is made from a tree' },
    ]);
  });

  test('cannot be of a format that is none', async () => {
    const problems = await problemsOf({ ...ramdisk, elements: ['fruit', 'odd-outputs'] });
    expect(problems.map(({ message }) => message)).toEqual([
      'unknown output type initram, in element.yaml of odd-outputs',
    ]);
    expect(problems[0]?.hints?.[0]).toBe('did you mean initramfs?');
  });
});
