// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Measurement } from './measure-run.ts';

/** One measurement, or why there is none. */
export type Result = {
  readonly measure: string;
  readonly round: number;
  readonly isDebian: boolean;
} & ({ readonly measurement: Measurement } | { readonly failure: string });

/** What was measured on one machine in one go. */
export type BenchRun = {
  /** When it began, as ISO 8601. */
  readonly started: string;
  readonly machine: readonly string[];
  /** What comparing the packages of both images gave; null when they were not compared. */
  readonly packages: string | null;
  readonly results: readonly Result[];
};

/** So many runs are kept: enough that a row that is run alone leaves the others their figures. */
const RUNS_KEPT = 12;

/** Runs of before, the latest last; none without a file. */
export const readRuns = (file: string): readonly BenchRun[] =>
  existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as readonly BenchRun[]) : [];

/** Writes the runs of before and this one; a run that began at the same time is replaced. */
export function writeRuns(file: string, before: readonly BenchRun[], run: BenchRun): void {
  const runs = [...before.filter(({ started }) => started !== run.started), run].slice(-RUNS_KEPT);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, `${JSON.stringify(runs)}\n`);
  renameSync(`${file}.new`, file);
}

/** The latest run that has a measurement of each of these measures; undefined when none has. */
export const latestRunWith = (runs: readonly BenchRun[], names: readonly string[]): BenchRun | undefined =>
  runs.findLast(({ results }) =>
    names.every((name) => results.some((result) => result.measure === name && 'measurement' in result)),
  );
