// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { MiB } from '../../../lib/model/brands.ts';
import { describeRuns } from '../../bench/describe-results.ts';
import { benchRun, failedResult, results } from './measurements.ts';

const upToList = (text: readonly string[]): readonly string[] =>
  text.slice(0, text.indexOf('What was measured, in the order of a round:'));

test('rows that were measured in different runs, reached or not, and rows that were not measured', () => {
  const first = {
    ...benchRun(
      '2026-01-01T10:00:00.000Z',
      results('debian-cold', { wallSeconds: 120, cpuSeconds: 118 }),
      results('cold', { wallSeconds: 45.04, cpuSeconds: 60, peakOfBuilder: 260 * MiB }),
    ),
    packages: 'both images have the same 9 packages in the same versions',
  };
  const seconds = [0.3, 0.31, 0.34].map((wallSeconds) => ({ wallSeconds, peakOfBuilder: 40 * MiB }));
  const second = benchRun('2026-01-02T11:30:00.000Z', results('dry-run', ...seconds), [failedResult('four')]);
  expect(upToList(describeRuns([first, second]))).toEqual([
    '- measured: 2026-01-01',
    '- some rows are from another run, which began at 2026-01-02 11:30',
    '- packages: both images have the same 9 packages in the same versions',
    '',
    '|  | measured | compared with | ratio | at most |  |',
    '| --- | ---: | ---: | ---: | ---: | ---: |',
    '| cold | 45.0 s | 120.0 s | 0.38 × | 0.40 × | reached |',
    '| cold, CPU | 60.0 s | 118.0 s | 0.51 × | 0.50 × | **not reached** |',
    '| `.deb` files already in the cache | not measured |  |  | 0.35 × |  |',
    '| nothing changed | not measured |  |  | 0.015 × |  |',
    '| nothing changed | not measured |  |  | 1.50 s |  |',
    '| last `install.d` hook changed | not measured |  |  | 0.060 × |  |',
    '| one package added to one element | not measured |  |  | 0.30 × |  |',
    '| four images that share their first half, one command, to one of them | not measured |  |  | 1.60 × |  |',
    '| qcow2, raw, tar.zst and squashfs in one run, to qcow2 alone | not measured |  |  | 1.25 × |  |',
    '| `--dry-run` of an image of forty elements | 0.31 s |  |  | 0.35 s | reached |',
    "| greatest memory of the builder's own processes, one image | 260 MiB |  |  | 250 MiB | **not reached** |",
    '| the same, four images by one command | not measured |  |  | 250 MiB |  |',
    '',
    'Medians of 1 round: too few to go by.',
    '',
  ]);
});

test('without any result, tables say so', () => {
  const text = describeRuns([]);
  expect(text.slice(0, 2)).toEqual(['Nothing was measured yet.', '']);
  expect(text.slice(-7)).toEqual([
    'What each took (medians):',
    '',
    'Nothing yet.',
    '',
    'Where the time of ours goes (wall seconds, medians, so a row need not add up to the last digit):',
    '',
    'Nothing yet.',
  ]);
});

test('a measure that fails now keeps the figures it had', () => {
  const first = benchRun(
    '2026-01-01T10:00:00.000Z',
    results('cold', { wallSeconds: 45, outputBytes: 3 * MiB }),
  );
  const second = benchRun('2026-01-02T10:00:00.000Z', [failedResult('cold')]);
  expect(describeRuns([first, second])).toContain('| cold | 45.0 | 0.00 | 0.00 | 0 | 0 | 0 | 3 | 0 |');
});
