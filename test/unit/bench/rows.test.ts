// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { MiB } from '../../../lib/model/brands.ts';
import { measures, withPreparations } from '../../bench/measures.ts';
import { judge, measuresOf, rows } from '../../bench/rows.ts';
import { benchRun, failedResult, results } from './measurements.ts';

const ratio = { kind: 'ratio', figure: 'wallSeconds', of: 'debs', to: 'debian-again', atMost: 0.35 } as const;

test('a ratio is that of the medians, and a limit that is just met is reached', () => {
  const run = benchRun(
    '2026-01-01',
    results('debs', { wallSeconds: 35 }, { wallSeconds: 90 }, { wallSeconds: 30 }),
    results('debian-again', { wallSeconds: 100 }, { wallSeconds: 80 }),
    [failedResult('debs')],
  );
  expect(judge(ratio, run)).toEqual({
    limit: ratio,
    measured: 35,
    comparedWith: 90,
    value: 35 / 90,
    isReached: false,
    times: 2,
  });
  const met = { ...ratio, atMost: 35 / 90 };
  expect(judge(met, run)?.isReached).toBe(true);
});

test('a ratio of processor time leaves the clock alone', () => {
  const run = benchRun(
    '2026-01-01',
    results('debs', { wallSeconds: 1, cpuSeconds: 30 }),
    results('debian-again', { wallSeconds: 1, cpuSeconds: 120 }),
  );
  expect(judge({ ...ratio, figure: 'cpuSeconds' }, run)).toMatchObject({ value: 0.25, isReached: true });
});

test('a row is not judged while one of its measures is missing or failed', () => {
  expect(judge(ratio, benchRun('2026-01-01', results('debs', { wallSeconds: 1 })))).toBeNull();
  const run = benchRun('2026-01-01', results('debian-again', { wallSeconds: 1 }), [failedResult('debs')]);
  expect(judge(ratio, run)).toBeNull();
});

test('seconds are compared as they are', () => {
  const limit = { kind: 'seconds', of: 'dry-run', atMost: 0.35 } as const;
  const run = benchRun('2026-01-01', results('dry-run', { wallSeconds: 0.4 }, { wallSeconds: 0.3 }));
  expect(judge(limit, run)).toMatchObject({ measured: 0.35, comparedWith: null, isReached: true, times: 2 });
});

test("memory is the greatest of all builds of one image but Debian's, and that of four", () => {
  const limit = { kind: 'peak', of: 'one image', atMost: 250 * MiB } as const;
  const run = benchRun(
    '2026-01-01',
    results('cold', { peakOfBuilder: 100 * MiB }, { peakOfBuilder: 251 * MiB }),
    results('unchanged', { peakOfBuilder: 40 * MiB }),
    results('debian-cold', { peakOfBuilder: 900 * MiB }),
    results('four', { peakOfBuilder: 249 * MiB }, { peakOfBuilder: 240 * MiB }),
  );
  expect(judge(limit, run)).toMatchObject({ value: 251 * MiB, isReached: false });
  expect(judge({ ...limit, of: 'four' }, run)).toMatchObject({ value: 249 * MiB, isReached: true });
  expect(judge(limit, benchRun('2026-01-01'))).toBeNull();
});

test('rows are made of measures that exist', () => {
  const names = measures.map(({ name }) => name);
  expect(rows.flatMap(measuresOf).filter((name) => !names.includes(name))).toEqual([]);
});

test('what a measure needs before it is run before it', () => {
  const names = (...wanted: readonly string[]): readonly string[] =>
    withPreparations(wanted).map(({ name }) => name);
  expect(names('dry-run')).toEqual(['dry-run']);
  expect(names('unchanged', 'debian-again')).toEqual(['debian-cold', 'cold', 'unchanged', 'debian-again']);
  expect(names('four', 'one-of-four')).toEqual(['cold', 'one-of-four', 'four']);
});
