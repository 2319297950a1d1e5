// SPDX-License-Identifier: Apache-2.0
import type { Measurement } from '../../bench/measure-run.ts';
import type { BenchRun, Result } from '../../bench/results.ts';

/** A measurement of nothing but what is said. */
export const measurement = (figures: Partial<Measurement>): Measurement => ({
  wallSeconds: 0,
  cpuSeconds: 0,
  cpuSecondsOfWaited: 0,
  peakOfBuilder: 0,
  peakOfAll: 0,
  writtenBytes: 0,
  cacheGrewBytes: 0,
  outputBytes: 0,
  parts: null,
  ...figures,
});

/** A result for each measurement of a measure, a round each. */
export const results = (measure: string, ...all: readonly Partial<Measurement>[]): readonly Result[] =>
  all.map((figures, index) => ({
    measure,
    round: index + 1,
    isDebian: measure.startsWith('debian-'),
    measurement: measurement(figures),
  }));

export const failedResult = (measure: string): Result => ({
  measure,
  round: 1,
  isDebian: false,
  failure: 'status 1',
});

export const benchRun = (started: string, ...all: readonly (readonly Result[])[]): BenchRun => ({
  started,
  machine: [`- measured: ${started.slice(0, 10)}`],
  packages: null,
  results: all.flat(),
});
