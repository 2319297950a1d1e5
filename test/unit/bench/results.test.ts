// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { latestRunWith } from '../../bench/results.ts';
import { benchRun, failedResult, results } from './measurements.ts';

test('figures come from the latest run that has all of them', () => {
  const first = benchRun('2026-01-01', results('cold', {}), results('debian-cold', {}));
  const second = benchRun('2026-01-02', results('cold', {}), results('unchanged', {}), [
    failedResult('debian-cold'),
  ]);
  const runs = [first, second];
  expect(latestRunWith(runs, ['cold', 'debian-cold'])).toBe(first);
  expect(latestRunWith(runs, ['cold'])).toBe(second);
  expect(latestRunWith(runs, ['dry-run'])).toBeUndefined();
});
