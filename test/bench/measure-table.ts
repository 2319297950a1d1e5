// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { comparePackages, packagesOfImage } from './compare-packages.ts';
import { whyNoDebianBuilder } from './debian-builder.ts';
import { describeMachine } from './describe-machine.ts';
import { describeMeasurement, describeRuns } from './describe-results.ts';
import { measureRun } from './measure-run.ts';
import { withPreparations } from './measures.ts';
import type { Measure } from './measures.ts';
import { readRuns, writeRuns } from './results.ts';
import type { BenchRun, Result } from './results.ts';
import { measuresOf, rows } from './rows.ts';
import type { Workbench } from './workbench.ts';
import { emptyTrash } from './workbench.ts';
import { writeBetweenMarks } from './write-between-marks.ts';

/** What was asked for on the command line. */
export type BenchOptions = {
  readonly bench: Workbench;
  readonly stop: AbortSignal;
  readonly rounds: number;
  readonly only: readonly string[];
};

/** Measures what the rows need and writes each measurement as it comes; a build that fails loses only its own. */
export async function measureTable(options: BenchOptions): Promise<void> {
  const { bench, rounds } = options;
  const wanted = chooseMeasures(options.only);
  announce(wanted, rounds);
  const recorder = openRecorder(bench);
  for (let round = 1; round <= rounds; round++)
    for (const measure of wanted) {
      for (let time = 0; time < measure.times; time++)
        recorder.add(await measureOnce(measure, round, options));
      if (round === 1) recorder.lookAtPackages(measure);
    }
  console.log('\nwritten to test/bench/README.md');
}

function chooseMeasures(only: readonly string[]): readonly Measure[] {
  const why = whyNoDebianBuilder();
  if (why !== null) console.log(why);
  const chosen = rows.filter(({ name }) => only.includes(name));
  // Memory is that of every measure: asked for alone, it takes all of them.
  const needed = chosen.some((row) => measuresOf(row).length > 0) ? chosen : rows;
  return withPreparations(needed.flatMap(measuresOf)).filter(({ isDebian }) => why === null || !isDebian);
}

function announce(wanted: readonly Measure[], rounds: number): void {
  const minutes = (rounds * wanted.reduce((sum, { aboutSeconds }) => sum + aboutSeconds, 0)) / 60;
  console.log(
    `${rounds} ${rounds === 1 ? 'round' : 'rounds'} of ${wanted.map(({ name }) => name).join(', ')}: ` +
      `about ${Math.ceil(minutes)} minutes on two idle cores`,
  );
}

async function measureOnce(measure: Measure, round: number, { bench, stop }: BenchOptions): Promise<Result> {
  const { name, isDebian } = measure;
  try {
    if (isDebian) emptyTrash(bench);
    rmSync(bench.outputs, { recursive: true, force: true });
    mkdirSync(bench.outputs);
    measure.prepare(bench, round);
    const measurement = await measureRun(measure.run(bench), stop);
    console.log(`round ${round}, ${name}: ${describeMeasurement(measurement)}`);
    return { measure: name, round, isDebian, measurement };
  } catch (error) {
    stop.throwIfAborted();
    const failure = error instanceof Error ? error.message : String(error);
    console.error(`round ${round}, ${name}: failed\n${failure}`);
    return { measure: name, round, isDebian, failure };
  }
}

/** Keeps what is measured in results/ and in the README from the first measurement on. */
function openRecorder(bench: Workbench) {
  const file = join(bench.root, 'test/bench/results/table.json');
  const before = readRuns(file);
  let run: BenchRun = {
    started: new Date().toISOString(),
    machine: describeMachine(bench.place),
    packages: null,
    results: [],
  };
  const lists = new Map<string, readonly string[]>();
  const keep = (more: Partial<BenchRun>): void => {
    run = { ...run, ...more };
    writeRuns(file, before, run);
    const text = describeRuns([...before, run]).join('\n');
    writeBetweenMarks(join(bench.root, 'test/bench/README.md'), 'results', text);
  };
  return {
    add: (result: Result): void => keep({ results: [...run.results, result] }),
    lookAtPackages: ({ name }: Measure): void => {
      const image = imagesToCompare.get(name);
      if (image === undefined) return;
      const packages = packagesOfImage(join(bench.outputs, image), bench.place);
      if (packages !== null) lists.set(name, packages);
      const [debian, ours] = [lists.get('debian-cold'), lists.get('cold')];
      if (debian !== undefined && ours !== undefined) keep({ packages: comparePackages(debian, ours) });
    },
  };
}

const imagesToCompare: ReadonlyMap<string, string> = new Map([
  ['debian-cold', 'debian.qcow2'],
  ['cold', 'ours.qcow2'],
]);
