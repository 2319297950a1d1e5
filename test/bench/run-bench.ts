// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { describeMachine } from './describe-machine.ts';
import { changeLastHook, commandLine, prepareWorkbench, scenarios } from './scenarios.ts';
import type { ScenarioName, Workbench } from './scenarios.ts';
import { measureRun } from './measure-run.ts';
import type { Measurement } from './measure-run.ts';
import { describeMeasurement, describeResults, writeBetweenMarks } from './describe-results.ts';

/** One row of what was measured; all of them are kept in test/bench/results/. */
export type Result = {
  readonly round: number;
  readonly scenario: ScenarioName;
  readonly measurement: Measurement;
};

/** Measures builds and writes the medians into test/bench/README.md. Started by `npm run bench`, in the checkout. */
async function main(): Promise<void> {
  const { rounds, directory } = readArguments();
  const root = process.cwd();
  const place = mkdtempSync(join(directory, 'dib-bench-'));
  try {
    const results = await measureRounds(rounds, prepareWorkbench(root, place));
    keepResults(root, results);
    const text = [...describeMachine(place), '', ...describeResults(results, rounds)].join('\n');
    writeBetweenMarks(join(root, 'test/bench/README.md'), text);
    console.log(`\n${text}\n\nwritten to test/bench/README.md`);
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

function readArguments(): { readonly rounds: number; readonly directory: string } {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '3' },
      directory: { type: 'string', default: '/var/tmp' },
    },
  });
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds takes a whole number above 0');
  return { rounds, directory: values.directory };
}

async function measureRounds(rounds: number, workbench: Workbench): Promise<readonly Result[]> {
  const results: Result[] = [];
  for (let round = 1; round <= rounds; round++) {
    rmSync(workbench.cache, { recursive: true, force: true });
    for (const scenario of scenarios) {
      if (scenario.changesLastHook) changeLastHook(workbench, round);
      const measurement = await measureRun({ argv: commandLine(workbench), ...workbench });
      results.push({ round, scenario: scenario.name, measurement });
      console.log(`round ${round}, ${scenario.name}: ${describeMeasurement(measurement)}`);
    }
  }
  return results;
}

function keepResults(root: string, results: readonly Result[]): void {
  const directory = join(root, 'test/bench/results');
  mkdirSync(directory, { recursive: true });
  const name = new Date().toISOString().replaceAll(/[:.]/g, '-');
  writeFileSync(join(directory, `${name}.json`), `${JSON.stringify(results, null, 2)}\n`);
}

await main();
