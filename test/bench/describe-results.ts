// SPDX-License-Identifier: Apache-2.0
import { readFileSync, writeFileSync } from 'node:fs';
import { MiB } from '../../lib/model/brands.ts';
import { parts } from './cost-of-parts.ts';
import type { Measurement } from './measure-run.ts';
import type { Result } from './run-bench.ts';
import { buildWords, scenarios } from './scenarios.ts';
import type { ScenarioName } from './scenarios.ts';

type Column = { readonly title: string; readonly cell: (of: (figure: Figure) => number) => string };
type Figure = (measurement: Measurement) => number;

const seconds = (count: number): string => count.toFixed(1);
const mebibytes = (count: number): string => (count / MiB).toFixed(0);

const costs: readonly Column[] = [
  { title: 'wall s', cell: (of) => seconds(of((m) => m.wallSeconds)) },
  { title: 'CPU s', cell: (of) => seconds(of((m) => m.cpuSeconds)) },
  { title: 'CPU s, waited for', cell: (of) => seconds(of((m) => m.cpuSecondsOfWaited)) },
  { title: 'peak MiB, builder', cell: (of) => mebibytes(of((m) => m.peakOfBuilder)) },
  { title: 'peak MiB, all', cell: (of) => mebibytes(of((m) => m.peakOfAll)) },
  { title: 'cache grew MiB', cell: (of) => mebibytes(of((m) => m.storeGrewBytes)) },
  { title: 'output MiB', cell: (of) => mebibytes(of((m) => m.outputBytes)) },
  { title: 'written in all MiB', cell: (of) => mebibytes(of((m) => m.writtenBytes)) },
];

const partNames = [...parts.map(({ name }) => name), 'overhead'] as const;
const partColumns: readonly Column[] = partNames.map((name) => ({
  title: name,
  cell: (of) => seconds(of((m) => m.parts[name])),
}));

/** Tables of the medians, in Markdown. */
export function describeResults(results: readonly Result[], rounds: number): readonly string[] {
  return [
    `The command: \`disk-image-create --image-cache=DIRECTORY -o bench.qcow2 ${buildWords.join(' ')}\``,
    '',
    ...scenarios.map(({ name, means }) => `- **${name}**: ${means}`),
    '',
    `What a build costs (median of ${rounds} ${rounds === 1 ? 'round' : 'rounds'}):`,
    '',
    ...table(results, costs),
    '',
    'Where the time goes (wall seconds, medians, so a row need not add up to the last digit):',
    '',
    ...table(results, partColumns),
  ];
}

function table(results: readonly Result[], columns: readonly Column[]): readonly string[] {
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    row(['', ...columns.map(({ title }) => title)]),
    row(['---', ...columns.map(() => '---:')]),
    ...scenarios.map(({ name }) => row([name, ...columns.map(({ cell }) => cell(medianOf(results, name)))])),
  ];
}

const medianOf =
  (results: readonly Result[], scenario: ScenarioName) =>
  (figure: Figure): number =>
    median(
      results.filter((result) => result.scenario === scenario).map(({ measurement }) => figure(measurement)),
    );

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const [low = 0, high = 0] = [
    sorted[Math.floor((sorted.length - 1) / 2)],
    sorted[Math.floor(sorted.length / 2)],
  ];
  return (low + high) / 2;
}

/** One line for whoever waits. */
export const describeMeasurement = ({ wallSeconds, cpuSeconds, peakOfAll }: Measurement): string =>
  `${seconds(wallSeconds)} s, ${seconds(cpuSeconds)} s of CPU, at most ${mebibytes(peakOfAll)} MiB`;

const marks = { begin: '<!-- results: begin -->', end: '<!-- results: end -->' } as const;

/** Replaces what stands between the marks of a file. @throws Error when it has none. */
export function writeBetweenMarks(file: string, text: string): void {
  const before = readFileSync(file, 'utf8');
  const [begin, end] = [before.indexOf(marks.begin), before.indexOf(marks.end)];
  if (begin < 0 || end < begin) throw new Error(`${file} has no ${marks.begin} … ${marks.end}`);
  const after = `${before.slice(0, begin)}${marks.begin}\n\n${text}\n\n${before.slice(end)}`;
  writeFileSync(file, after);
}
