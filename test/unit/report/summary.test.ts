// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import type { BuildEventBody } from '../../../lib/model/event.ts';
import type { Usage } from '../../../lib/model/usage.ts';
import { noUsage } from '../../../lib/model/usage.ts';
import type { AskedFor } from '../../../lib/report/advice.ts';
import { emptyHistory, remember } from '../../../lib/report/history.ts';
import { summaryLines } from '../../../lib/report/summary.ts';
import { at } from './build-story.ts';

const hook = (step: number, phase: string, script: string) => ({
  step,
  phase,
  title: `${phase}/${script}`,
  element: 'base',
});

test('hooks that run in every build do not count as the end of what was reused', () => {
  const history = at([
    [0, { kind: 'build-started', name: 'out', isolation: 'root', steps: 3 }],
    [1, { kind: 'step-reused', ...hook(0, 'root.d', '10-a') }],
    [2, { kind: 'step-finished', ...hook(1, 'extra-data.d', '10-b'), milliseconds: 10 }],
    [3, { kind: 'step-reused', ...hook(2, 'install.d', '10-c') }],
    [4, { kind: 'phase-finished', phase: 'install.d', milliseconds: 2 }],
    [5, { kind: 'build-finished', milliseconds: 5 }],
  ]).reduce(remember, emptyHistory);
  expect(summaryLines(history)).toEqual([
    'Time per phase:',
    '  install.d  0.0 s  1 hook, all reused',
    '',
    'Layers:',
    '  2 of 3 hooks reused; no hook that can be reused had to run',
    '',
    'Total time: 0.0 s',
  ]);
});

test('hooks that other hooks have added count, too', () => {
  const history = at([
    [0, { kind: 'build-started', name: 'out', isolation: 'root', steps: 1 }],
    [1, { kind: 'step-reused', ...hook(0, 'root.d', '10-a') }],
    [2, { kind: 'steps-counted', steps: 2 }],
    [3, { kind: 'step-reused', ...hook(1, 'install.d', '10-b') }],
    [4, { kind: 'step-finished', ...hook(2, 'disk', 'making'), milliseconds: 1 }],
  ]).reduce(remember, emptyHistory);
  expect(summaryLines(history)).toContain('  2 of 2 hooks reused; no hook that can be reused had to run');
});

test('a build that has done nothing has nothing to sum up', () => {
  expect(summaryLines(emptyHistory)).toEqual([]);
});

test('a phase that comes in two parts is one line', () => {
  const history = at([
    [1, { kind: 'phase-finished', phase: 'outputs', milliseconds: 2000 }],
    [2, { kind: 'phase-finished', phase: 'cleanup.d', milliseconds: 1000 }],
    [3, { kind: 'phase-finished', phase: 'outputs', milliseconds: 3500 }],
  ]).reduce(remember, emptyHistory);
  expect(summaryLines(history)).toEqual(['Time per phase:', '  outputs    5.5 s', '  cleanup.d  1.0 s', '']);
});

const busy = (userMilliseconds: number, changes: Partial<Usage> = {}): { readonly usage: Usage } => ({
  usage: { ...noUsage, userMilliseconds, ...changes },
});

const made = (format: string, milliseconds: number, usage: Usage): BuildEventBody => ({
  kind: 'output-made',
  format,
  file: `/images/out.${format}`,
  bytes: 1024,
  allocatedBytes: 1024,
  checksums: {},
  milliseconds,
  isReused: false,
  usage,
});

/** From the second title on. */
const costs = (lines: readonly string[]): readonly string[] => {
  const first = lines.indexOf('Where most of the time went:');
  return first < 0 ? [] : lines.slice(first + 1, lines.indexOf('', first));
};

const plan = {
  outputs: [
    {
      format: 'qcow2',
      from: 'disk',
      file: '/images/out.qcow2',
      recipe: { kind: 'qcow2', version: 3, clusterBytes: 65536, compress: true },
      checksums: [],
      keepOld: false,
    },
  ],
  elements: [],
  disk: null,
  execution: { store: { reuse: true } },
} as unknown as AskedFor;

describe('where most of the time went', () => {
  const story = at([
    [0, { kind: 'program-started' }],
    [1000, { kind: 'build-started', name: 'out', isolation: 'root', steps: 3 }],
    [2000, { kind: 'phase-started', phase: 'root.d' }],
    [2000, { kind: 'step-reused', ...hook(0, 'root.d', '10-a') }],
    [
      32_000,
      { kind: 'step-finished', ...hook(1, 'install.d', '10-b'), milliseconds: 30_000, ...busy(29_100) },
    ],
    [38_000, { kind: 'step-finished', ...hook(2, 'install.d', '20-c'), milliseconds: 6000, ...busy(600) }],
    [39_000, { kind: 'phase-finished', phase: 'disk', milliseconds: 1000, ...busy(500) }],
    [59_000, made('qcow2', 20_000, { ...noUsage, userMilliseconds: 30_000, systemMilliseconds: 8000 })],
    [60_000, { kind: 'build-finished', milliseconds: 59_000 }],
  ]);
  const history = story.reduce(remember, emptyHistory);

  test('three things, the costliest first, with what would make them cheaper', () => {
    expect(costs(summaryLines(history, plan))).toEqual([
      '  30.0 s  50 %   CPU 97 %  install.d/10-b (base)',
      '  20.0 s  33 %  CPU 190 %  making qcow2',
      '      DIB_QCOW2_COMPRESSION=zstd is faster than zlib, -u (uncompressed, larger) faster still',
      '   6.0 s  10 %   CPU 10 %  install.d/20-c (base)',
      '      it ran as install.d/10-b did, before it: what changes often costs least when it comes last',
    ]);
  });

  test('the total is what the user has waited for', () => {
    expect(summaryLines(history, plan).at(-1)).toBe('Total time: 1m 00s');
  });

  test('no advice without the plan', () => {
    expect(costs(summaryLines(history)).join()).not.toContain('DIB_');
  });

  test('processor time that belongs to several outputs is told of none', () => {
    const shared = at([
      [0, { kind: 'build-started', name: 'out', isolation: 'root', steps: 0 }],
      [5000, made('tar', 5000, { ...noUsage, userMilliseconds: 7000, isShared: true })],
      [5000, made('squashfs', 4000, { ...noUsage, userMilliseconds: 7000, isShared: true })],
      [5000, { kind: 'build-finished', milliseconds: 5000 }],
    ]).reduce(remember, emptyHistory);
    expect(costs(summaryLines(shared, plan))).toEqual([
      '  5.0 s  100 %  making tar',
      '  4.0 s   80 %  making squashfs',
    ]);
  });

  test('starting counts, what takes hardly any time does not', () => {
    const quick = at([
      [0, { kind: 'program-started' }],
      [3000, { kind: 'phase-started', phase: 'root.d' }],
      [3080, { kind: 'step-finished', ...hook(0, 'root.d', '10-a'), milliseconds: 80 }],
      [3100, { kind: 'build-finished', milliseconds: 100 }],
    ]).reduce(remember, emptyHistory);
    expect(costs(summaryLines(quick, plan))).toEqual(['  3.0 s  97 %  planning and starting']);
  });

  test('advice that is true of several is given once', () => {
    const first = at([
      [0, { kind: 'program-started' }],
      [5000, { kind: 'step-finished', ...hook(0, 'root.d', '10-a'), milliseconds: 5000 }],
      [9000, { kind: 'step-finished', ...hook(1, 'install.d', '10-b'), milliseconds: 4000 }],
      [10_000, { kind: 'build-finished', milliseconds: 10_000 }],
    ]).reduce(remember, emptyHistory);
    expect(costs(summaryLines(first, plan))).toEqual([
      '  5.0 s  50 %  root.d/10-a (base)',
      '      nothing was stored yet: the next build reuses what has not changed',
      '  4.0 s  40 %  install.d/10-b (base)',
    ]);
  });

  test('no advice on what hardly counts', () => {
    const small = at([
      [0, { kind: 'program-started' }],
      [1, { kind: 'phase-started', phase: 'root.d' }],
      [9000, { kind: 'step-finished', ...hook(0, 'root.d', '10-a'), milliseconds: 9000 }],
      [9900, made('qcow2', 900, noUsage)],
      [10_000, { kind: 'build-finished', milliseconds: 10_000 }],
    ]).reduce(remember, emptyHistory);
    expect(costs(summaryLines(small, plan)).at(-1)).toBe('  0.9 s   9 %  CPU 0 %  making qcow2');
  });

  test('nothing for a build of less than three seconds', () => {
    const quick = story.filter(({ kind }) => kind !== 'build-finished');
    const end = at([[2999, { kind: 'build-finished', milliseconds: 2999 }]]);
    expect(costs(summaryLines([...quick, ...end].reduce(remember, emptyHistory), plan))).toEqual([]);
  });
});
