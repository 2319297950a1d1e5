// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readBlockDeviceParams } from '../../../../lib/disk/block-device-params.ts';
import { bytes, hostPath, MiB } from '../../../../lib/model/brands.ts';
import type { BuildPlan } from '../../../../lib/model/plan.ts';
import {
  blockDeviceParamsFile,
  blockDeviceParamsText,
  writeBlockDeviceParams,
} from '../../../../lib/worker/tree/block-device-params.ts';

let build: string;

beforeEach(() => {
  build = mkdtempSync(join(tmpdir(), 'params-test-'));
});

afterEach(() => rmSync(build, { recursive: true }));

const plan = {
  environment: { FS_TYPE: 'xfs', DIB_ROOT_LABEL: 'my "root"' },
  disk: null,
  execution: { diskConfig: '- local_loop: {name: image0}\n' },
} as unknown as BuildPlan;

const context = (own: Partial<BuildPlan> = {}): Parameters<typeof writeBlockDeviceParams>[0] => ({
  plan: { ...plan, ...own },
  paths: {
    work: hostPath('/work'),
    build: hostPath(build),
    hooks: hostPath('/hooks'),
    tree: hostPath('/tree'),
    image: hostPath('/image'),
  },
});

const written = (): string => readFileSync(blockDeviceParamsFile({ build: hostPath(build) }), 'utf8');

test('names the configuration, the directories and the root file system', async () => {
  await writeBlockDeviceParams(context());
  expect(written()).toBe(
    [
      `config: "${build}/block-device/config.yaml"`,
      'image-dir: "/image"',
      'mount-base: "/tree"',
      `build-dir: "${build}"`,
      'root-fs-type: "xfs"',
      String.raw`root-label: "my \"root\""`,
      '',
    ].join('\n'),
  );
  expect(readFileSync(join(build, 'block-device/config.yaml'), 'utf8')).toBe(plan.execution.diskConfig);
});

test('is what dib-block-device reads', async () => {
  await writeBlockDeviceParams(context());
  expect(readBlockDeviceParams(written(), 'params.yaml')).toEqual({
    ok: true,
    value: {
      config: join(build, 'block-device/config.yaml'),
      imageDirectory: '/image',
      rootFileSystemType: 'xfs',
      rootLabel: 'my "root"',
    },
  });
});

test('has the size once it is known, in KiB rounded up, and words for mkfs', async () => {
  const disk = {
    request: { size: bytes(3 * MiB), mkfsOptions: ['-i', '4096'] },
  } as unknown as BuildPlan['disk'];
  await writeBlockDeviceParams(context({ disk }));
  expect(written()).toContain('image-size: "3072KiB"\nroot-fs-opts: "-i 4096"\n');
  await writeBlockDeviceParams(context({ disk }), bytes(5 * MiB + 1));
  expect(written()).toContain('image-size: "5121KiB"\n');
});

test('counts in keys by what it says, not by where it lies', () => {
  expect(blockDeviceParamsText(context())).toBe(
    [
      String.raw`config: "- local_loop: {name: image0}\n"`,
      'root-fs-type: "xfs"',
      String.raw`root-label: "my \"root\""`,
      '',
    ].join('\n'),
  );
});
