// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeMachine } from '../describe-machine.ts';
import { describeMeasurement } from '../describe-results.ts';
import { measureRun } from '../measure-run.ts';
import type { Measurement } from '../measure-run.ts';
import type { BenchOptions } from '../measure-table.ts';
import { restoreElements } from '../workbench.ts';
import { writeBetweenMarks } from '../write-between-marks.ts';
import { describeGrowth } from './describe-growth.ts';
import { drawPlot } from './plot.ts';
import { growths } from './growths.ts';
import type { Growth, ScenarioName } from './growths.ts';
import { plotOf } from './plots.ts';
import { bringTinyElement } from './tiny-builds.ts';

/** What was measured of a growth, in one go on one machine. */
export type GrowthRun = {
  readonly name: Growth['name'];
  readonly machine: readonly string[];
  readonly samples: readonly Sample[];
};

export type Sample = {
  readonly size: number;
  readonly scenario: ScenarioName;
  readonly measurement: Measurement;
};

/** Measures how costs grow; writes pictures and sentences after each of them, so that the next may fail. */
export async function measureGrowth(options: BenchOptions): Promise<void> {
  const chosen = growths.filter(({ name }) => options.only.includes(name));
  const minutes = (options.rounds * chosen.reduce((sum, { aboutSeconds }) => sum + aboutSeconds, 0)) / 60;
  const rounds = `${options.rounds} ${options.rounds === 1 ? 'round' : 'rounds'}`;
  console.log(
    `${rounds} of ${chosen.map(({ name }) => name).join(', ')}: about ${Math.ceil(minutes)} minutes on two idle cores`,
  );
  for (const growth of chosen) {
    try {
      record(options.bench.root, await measureOne(growth, options));
    } catch (error) {
      options.stop.throwIfAborted();
      console.error(`${growth.name}: failed\n${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

async function measureOne(growth: Growth, { bench, stop, rounds }: BenchOptions): Promise<GrowthRun> {
  const machine = describeMachine(bench.place);
  const samples: Sample[] = [];
  restoreElements(bench);
  bringTinyElement(bench);
  for (const target of growth.sizes) {
    const size = await growth.prepare(bench, target, stop);
    for (let round = 1; round <= rounds; round++)
      for (const { name, prepare, run } of growth.scenarios) {
        rmSync(bench.outputs, { recursive: true, force: true });
        mkdirSync(bench.outputs);
        prepare(bench, round);
        const measurement = await measureRun(run(bench), stop);
        samples.push({ size, scenario: name, measurement });
        console.log(`${growth.name} ${size}, round ${round}, ${name}: ${describeMeasurement(measurement)}`);
      }
  }
  return { name: growth.name, machine, samples };
}

function record(root: string, run: GrowthRun): void {
  const directory = join(root, 'test/bench');
  const file = join(directory, 'results/growth.json');
  mkdirSync(join(directory, 'results'), { recursive: true });
  const before = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as readonly GrowthRun[]) : [];
  const runs = growths.flatMap(({ name }) => [run, ...before].find((other) => other.name === name) ?? []);
  writeFileSync(file, `${JSON.stringify(runs)}\n`);
  writeFileSync(join(directory, `${run.name}.svg`), drawPlot(plotOf(run)));
  writeBetweenMarks(
    join(directory, 'README.md'),
    'growth',
    runs.flatMap(describeGrowth).join('\n').trimEnd(),
  );
  console.log(`written to test/bench/README.md and test/bench/${run.name}.svg`);
}
