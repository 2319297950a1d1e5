// SPDX-License-Identifier: Apache-2.0
import { MiB } from '../../lib/model/brands.ts';
import { parts } from './cost-of-parts.ts';
import { markdownTable } from './markdown-table.ts';
import type { Measurement } from './measure-run.ts';
import { measures } from './measures.ts';
import { latestRunWith } from './results.ts';
import type { BenchRun } from './results.ts';
import { judge, measuresOf, rows } from './rows.ts';
import type { Limit, Row, Verdict } from './rows.ts';
import { median } from './statistics.ts';

const seconds = (count: number): string => (count < 10 ? count.toFixed(2) : count.toFixed(1));
const mebibytes = (count: number): string => (count / MiB).toFixed(0);

/** The table of what must be reached, and tables of what each measure cost. */
export function describeRuns(runs: readonly BenchRun[]): readonly string[] {
  const judged = judgeRows(runs);
  const used = [...new Set(judged.flatMap(({ run }) => (run === undefined ? [] : [run])))];
  return [
    ...describeMachines(used),
    '',
    ...markdownTable(
      ['', 'measured', 'compared with', 'ratio', 'at most', ''],
      judged.map(({ row, limit, verdict }) => limitCells(row, limit, verdict)),
    ),
    ...describeTimes(judged),
    '',
    'What was measured, in the order of a round:',
    '',
    ...measures.map(({ name, means }) => `- **${name}**: ${means}`),
    '',
    'What each took (medians):',
    ...costTable(runs, costs),
    '',
    'Where the time of ours goes (wall seconds, medians, so a row need not add up to the last digit):',
    ...costTable(runs, partColumns),
  ];
}

type Judged = {
  readonly row: Row;
  readonly limit: Limit;
  readonly run: BenchRun | undefined;
  readonly verdict: Verdict | null;
};

/** Every row is judged by the latest run that measured all of it; memory by all the runs that the others took. */
function judgeRows(runs: readonly BenchRun[]): readonly Judged[] {
  const timed = rows.filter((row) => measuresOf(row).length > 0);
  const chosen = new Set(timed.map((row) => latestRunWith(runs, measuresOf(row))));
  const results = [...chosen].flatMap((run) => run?.results ?? []);
  return rows.flatMap((row) =>
    row.limits.map((limit) => {
      if (limit.kind === 'peak') {
        const all: BenchRun = { started: '', machine: [], packages: null, results };
        return { row, limit, run: undefined, verdict: judge(limit, all) };
      }
      const run = latestRunWith(runs, measuresOf(row));
      return { row, limit, run, verdict: run === undefined ? null : judge(limit, run) };
    }),
  );
}

function describeMachines(runs: readonly BenchRun[]): readonly string[] {
  const [first, ...others] = runs;
  if (first === undefined) return ['Nothing was measured yet.'];
  return [
    ...first.machine,
    ...others.map((run) => `- some rows are from another run, which began at ${shortTime(run)}`),
    ...(first.packages === null ? [] : [`- packages: ${first.packages}`]),
  ];
}

const shortTime = ({ started }: BenchRun): string => started.slice(0, 16).replace('T', ' ');

function limitCells(row: Row, limit: Limit, verdict: Verdict | null): readonly string[] {
  const isCpu = limit.kind === 'ratio' && limit.figure === 'cpuSeconds';
  const title = isCpu ? `${row.title}, CPU` : row.title;
  const atMost = quantity(limit, limit.atMost);
  if (verdict === null) return [title, 'not measured', '', '', atMost, ''];
  return [
    title,
    limit.kind === 'peak' ? quantity(limit, verdict.measured) : `${seconds(verdict.measured)} s`,
    verdict.comparedWith === null ? '' : `${seconds(verdict.comparedWith)} s`,
    limit.kind === 'ratio' ? quantity(limit, verdict.value) : '',
    atMost,
    verdict.isReached ? 'reached' : '**not reached**',
  ];
}

function quantity(limit: Limit, value: number): string {
  switch (limit.kind) {
    case 'ratio':
      return `${value.toFixed(value < 0.1 ? 3 : 2)} ×`;
    case 'seconds':
      return `${value.toFixed(2)} s`;
    case 'peak':
      return `${mebibytes(value)} MiB`;
  }
}

function describeTimes(judged: readonly Judged[]): readonly string[] {
  const times = judged.flatMap(({ limit, verdict }) =>
    verdict === null || limit.kind === 'peak' ? [] : [verdict.times],
  );
  if (times.length === 0) return [];
  const fewest = Math.min(...times);
  return [
    '',
    `Medians of ${fewest} ${fewest === 1 ? 'round' : 'rounds'}${fewest < 3 ? ': too few to go by' : ''}.`,
  ];
}

type Column = {
  readonly title: string;
  readonly of: (measurement: Measurement) => number | undefined;
  readonly cell: (value: number) => string;
};

const costs: readonly Column[] = [
  { title: 'wall s', of: (m) => m.wallSeconds, cell: seconds },
  { title: 'CPU s', of: (m) => m.cpuSeconds, cell: seconds },
  { title: 'CPU s, waited for', of: (m) => m.cpuSecondsOfWaited, cell: seconds },
  { title: 'peak MiB, builder', of: (m) => m.peakOfBuilder, cell: mebibytes },
  { title: 'peak MiB, all', of: (m) => m.peakOfAll, cell: mebibytes },
  { title: 'cache grew MiB', of: (m) => m.cacheGrewBytes, cell: mebibytes },
  { title: 'output MiB', of: (m) => m.outputBytes, cell: mebibytes },
  { title: 'written in all MiB', of: (m) => m.writtenBytes, cell: mebibytes },
];

const partColumns: readonly Column[] = [...parts.map(({ name }) => name), 'overhead' as const].map(
  (title) => ({
    title,
    of: (m) => m.parts?.[title],
    cell: (value) => value.toFixed(1),
  }),
);

/** After an empty line, a line for each measure that has the figures, from the latest run that measured it. */
function costTable(runs: readonly BenchRun[], columns: readonly Column[]): readonly string[] {
  const lines = measures.flatMap(({ name }) => {
    const found = measurementsOf(runs, name);
    const values = columns.map(({ of }) => median(found.map(of).filter((value) => value !== undefined)));
    if (values.every((value) => value === null)) return [];
    return [
      [name, ...values.map((value, index) => (value === null ? '' : (columns[index]?.cell(value) ?? '')))],
    ];
  });
  if (lines.length === 0) return ['', 'Nothing yet.'];
  return ['', ...markdownTable(['', ...columns.map(({ title }) => title)], lines)];
}

const measurementsOf = (runs: readonly BenchRun[], name: string): readonly Measurement[] =>
  (latestRunWith(runs, [name])?.results ?? []).flatMap((result) =>
    result.measure === name && 'measurement' in result ? [result.measurement] : [],
  );

/** One line for whoever waits. */
export const describeMeasurement = ({ wallSeconds, cpuSeconds, peakOfAll }: Measurement): string =>
  `${seconds(wallSeconds)} s, ${seconds(cpuSeconds)} s of CPU, at most ${mebibytes(peakOfAll)} MiB`;
