// SPDX-License-Identifier: Apache-2.0
import { markdownTable } from '../markdown-table.ts';
import { slope } from '../statistics.ts';
import type { ScenarioName } from './growths.ts';
import type { GrowthRun } from './measure-growth.ts';
import { medians, plotOf, wallSeconds } from './plots.ts';

/** The picture, what it shows in a sentence, and its figures. */
export function describeGrowth(run: GrowthRun): readonly string[] {
  const { title } = plotOf(run);
  const scenarios = [...new Set(run.samples.map(({ scenario }) => scenario))];
  const sizes = [...new Set(run.samples.map(({ size }) => size))];
  return [
    `![${title}](${run.name}.svg)`,
    '',
    sentence(run),
    '',
    ...markdownTable(
      [`wall s, by ${units[run.name]}`, ...sizes.map(String)],
      scenarios.map((scenario) => [
        scenario,
        ...medians(run, scenario, wallSeconds).map(({ y }) => y.toFixed(2)),
      ]),
    ),
    '',
  ];
}

const units = { size: 'GB of files', hooks: 'hooks', store: 'layers in the store' } as const;

function sentence(run: GrowthRun): string {
  const growth = (scenario: ScenarioName): number => slope(medians(run, scenario, wallSeconds)) ?? 0;
  const [cold, unchanged, changed] = [growth('cold'), growth('unchanged'), growth('last hook changed')];
  switch (run.name) {
    case 'size':
      return (
        `Each further GB of files costs ${seconds(cold)} in a cold build, ${seconds(unchanged)} in one where nothing ` +
        `changed and ${seconds(changed)} in one whose last hook changed.`
      );
    case 'hooks':
      return (
        `Each further hook costs ${seconds(cold)} in a cold build, ${seconds(unchanged)} in one where nothing changed ` +
        `and ${seconds(changed)} in one whose last hook changed.`
      );
    case 'store':
      return (
        `A hundred further layers in the store cost a build where nothing changed ${seconds(unchanged * 100)}, ` +
        `and \`diskimage-builder cache ls\` ${seconds(growth('cache ls') * 100)}.`
      );
  }
}

/** Differences below a millisecond are none that were measured. */
function seconds(count: number): string {
  if (Math.abs(count) < 0.001) return 'nothing that can be measured';
  return Math.abs(count) < 1 ? `${(count * 1000).toFixed(0)} ms` : `${count.toFixed(1)} s`;
}
