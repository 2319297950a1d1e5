// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import type { Circumstance } from '../../../lib/model/event.ts';
import type { OutputRecipe } from '../../../lib/model/plan.ts';
import type { AskedFor } from '../../../lib/report/advice.ts';
import { adviceOn } from '../../../lib/report/advice.ts';
import type { Cost, CostOrigin } from '../../../lib/report/costs.ts';
import type { BuildHistory, EndedStep } from '../../../lib/report/history.ts';
import { emptyHistory } from '../../../lib/report/history.ts';

type Told = {
  readonly recipe?: OutputRecipe;
  readonly format?: string;
  readonly reuse?: boolean;
  readonly neverCached?: readonly string[];
  readonly devices?: string;
  readonly steps?: readonly EndedStep[];
  readonly circumstances?: readonly Circumstance[];
};

function advice(origin: CostOrigin, told: Told): string | null {
  const { recipe, format = 'qcow2', devices } = told;
  const madeWith = devices === undefined ? { way: 'files' } : { way: 'devices', reason: devices };
  const plan = {
    outputs: recipe === undefined ? [] : [{ format, file: '/out', recipe }],
    elements: [{ name: 'wine', neverCached: told.neverCached ?? [] }],
    disk: { madeWith },
    execution: { store: { reuse: told.reuse ?? true } },
  } as unknown as AskedFor;
  const history: BuildHistory = {
    ...emptyHistory,
    steps: told.steps ?? [],
    circumstances: told.circumstances ?? [],
  };
  const cost: Cost = { ...origin, name: 'it', milliseconds: 1, share: 1, cpuShare: null };
  return adviceOn(cost, { plan, history });
}

const step = (number: number, title: string, milliseconds: number | null = 5000): EndedStep => ({
  step: number,
  phase: title.split('/')[0] ?? '',
  title,
  element: 'wine',
  milliseconds,
});

const [root, extra, install, finalise] = [
  step(0, 'root.d/10-a'),
  step(1, 'extra-data.d/10-b'),
  step(2, 'install.d/10-c'),
  step(3, 'finalise.d/10-d'),
];
const reused = step(0, 'root.d/10-a', null);

const ofHook = (hook: EndedStep, told: Told): string | null => advice({ kind: 'hook', step: hook }, told);

describe('of hooks', () => {
  test.each([
    [
      'one that always runs and is slow',
      extra,
      { steps: [root, extra] },
      'hooks of extra-data.d run in every build: what root.d and install.d make is kept',
    ],
    ['one that always runs and is quick', step(1, 'extra-data.d/10-b', 1999), { steps: [root] }, null],
    [
      'one that is never cached',
      install,
      { neverCached: ['install.d'], steps: [reused, install] },
      'it runs in every build, as element.yaml of wine says `cache: never` for install.d',
    ],
    ['one of another phase than that', install, { neverCached: ['root.d'], steps: [reused, install] }, null],
    [
      'one that runs on devices',
      finalise,
      { devices: 'element wine has a block-device.d hook', steps: [reused, finalise] },
      'hooks of finalise.d run in every build that needs devices: element wine has a block-device.d hook',
    ],
    ['one before the devices', install, { devices: 'x', steps: [reused, install] }, null],
    [
      'without a cache',
      install,
      { reuse: false, steps: [root, install] },
      'without --no-cache (DIB_NO_CACHE) hooks that have not changed are reused',
    ],
    [
      'with layers that are too old',
      root,
      { circumstances: ['layer-too-old'], steps: [root] },
      'layers of earlier builds were older than DIB_CACHE_MAX_AGE allows',
    ],
    [
      'in a first build',
      install,
      { steps: [root, extra, install] },
      'nothing was stored yet: the next build reuses what has not changed',
    ],
    ['the first that had to run', install, { steps: [reused, extra, install, finalise] }, null],
    [
      'one that follows it',
      finalise,
      { steps: [reused, extra, install, finalise] },
      'it ran as install.d/10-c did, before it: what changes often costs least when it comes last',
    ],
  ] as const)('%s', (_, hook, told, text) => {
    expect(ofHook(hook, told)).toBe(text);
  });
});

const qcow2 = (compress: boolean): OutputRecipe =>
  ({ kind: 'qcow2', version: 3, clusterBytes: 65536, compress }) as OutputRecipe;
const command = (...argv: readonly string[]): OutputRecipe => ({ kind: 'command', argv });

describe('of outputs', () => {
  const ofOutput = (format: string, told: Told, isReused = false): string | null =>
    advice(
      {
        kind: 'output',
        output: {
          at: 0,
          kind: 'output-made',
          format,
          file: '/out',
          bytes: 1,
          allocatedBytes: 1,
          checksums: {},
          milliseconds: 1,
          isReused,
        },
      },
      { format, ...told },
    );

  test.each([
    [
      'qcow2',
      qcow2(true),
      'DIB_QCOW2_COMPRESSION=zstd is faster than zlib, -u (uncompressed, larger) faster still',
    ],
    ['qcow2', qcow2(false), null],
    [
      'qcow2',
      command('qemu-img', 'convert', '-c', '-W', '{disk}', '{file}'),
      '-u leaves it uncompressed: larger, and made sooner',
    ],
    ['qcow2', command('qemu-img', 'convert', '{disk}', '{file}'), null],
    [
      'squashfs',
      command('mksquashfs', '-comp', 'xz'),
      'DIB_SQUASHFS_COMPRESSION=zstd is faster than xz, lz4 much faster, and larger',
    ],
    ['squashfs', command('mksquashfs', '-comp', 'zstd'), null],
    ['tgz', command('tar'), '-t tar.zst is made several times faster, and smaller'],
    ['tar', command('tar'), null],
  ] as const)('%s of %o', (format, recipe, text) => {
    expect(ofOutput(format, { recipe })).toBe(text);
  });

  test('nothing of one that was only copied', () => {
    expect(ofOutput('qcow2', { recipe: qcow2(true) }, true)).toBeNull();
  });

  test('a raw image that was copied', () => {
    const text = 'it was copied from another file system: TMPDIR on that of the output makes it a rename';
    const told = { recipe: { kind: 'raw' }, circumstances: ['image-copied'] } as const;
    expect([ofOutput('raw', told), ofOutput('raw', { ...told, circumstances: [] })]).toEqual([text, null]);
  });
});

test('of a disk that was made on disk', () => {
  const text = 'there was too little memory free to make it there: see --min-tmpfs (DIB_MIN_TMPFS)';
  expect(advice({ kind: 'disk' }, { circumstances: ['image-on-disk'] })).toBe(text);
  expect(advice({ kind: 'disk' }, {})).toBeNull();
});

test('of starting', () => {
  expect(advice({ kind: 'start' }, {})).toBeNull();
});
