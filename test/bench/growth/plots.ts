// SPDX-License-Identifier: Apache-2.0
import type { Measurement } from '../measure-run.ts';
import { median } from '../statistics.ts';
import type { Point } from '../statistics.ts';
import type { ScenarioName } from './growths.ts';
import type { GrowthRun } from './measure-growth.ts';
import type { Panel, Plot, Series } from './plot.ts';

/** The picture of what was measured of a growth. */
export function plotOf(run: GrowthRun): Plot {
  switch (run.name) {
    case 'size':
      return {
        title: 'What a build costs, by the size of the image',
        panels: [
          panel('Whole builds', 'GB of files in the image', wholeBuilds(run)),
          panel('Last hook changed: where the time goes', 'GB of files in the image', [
            curve(run, { label: 'hooks', scenario: 'last hook changed', figure: hookSeconds }),
            curve(run, { label: 'disk', scenario: 'last hook changed', figure: (m) => m.parts?.disk ?? 0 }),
            curve(run, {
              label: 'output',
              scenario: 'last hook changed',
              figure: (m) => m.parts?.output ?? 0,
            }),
            curve(run, { label: 'overhead', scenario: 'last hook changed', figure: overheadSeconds }),
          ]),
        ],
      };
    case 'hooks':
      return {
        title: 'What a build costs, by the number of hooks',
        panels: [
          panel('Whole builds', 'hooks, each of which writes one small file', wholeBuilds(run)),
          panel('Of which neither hooks, disk nor output', 'hooks, each of which writes one small file', [
            ...buildScenarios.map((scenario) =>
              curve(run, { label: scenario, scenario, figure: overheadSeconds }),
            ),
          ]),
        ],
      };
    case 'store':
      return {
        title: 'What a full store costs',
        panels: [
          panel('Seconds, by the number of layers', 'layers in the store', [
            curve(run, { label: 'unchanged build', scenario: 'unchanged', figure: wallSeconds }),
            curve(run, { label: 'of which overhead', scenario: 'unchanged', figure: overheadSeconds }),
            curve(run, { label: 'cache ls', scenario: 'cache ls', figure: wallSeconds }),
          ]),
        ],
      };
  }
}

const buildScenarios: readonly ScenarioName[] = ['cold', 'unchanged', 'last hook changed'];

const panel = (title: string, xLabel: string, series: readonly Series[]): Panel => ({
  title,
  xLabel,
  yLabel: 'seconds',
  series,
});

const wholeBuilds = (run: GrowthRun): readonly Series[] =>
  buildScenarios.map((scenario) => curve(run, { label: scenario, scenario, figure: wallSeconds }));

type CurveOf = {
  readonly label: string;
  readonly scenario: ScenarioName;
  readonly figure: (measurement: Measurement) => number;
};

const curve = (run: GrowthRun, { label, scenario, figure }: CurveOf): Series => ({
  label,
  points: medians(run, scenario, figure),
});

/** A point for each size: the median of its rounds. */
export function medians(
  { samples }: GrowthRun,
  scenario: ScenarioName,
  figure: (measurement: Measurement) => number,
): readonly Point[] {
  const found = samples.filter((sample) => sample.scenario === scenario);
  const sizes = [...new Set(found.map(({ size }) => size))];
  return sizes.flatMap((x) => {
    const y = median(found.filter(({ size }) => size === x).map(({ measurement }) => figure(measurement)));
    return y === null ? [] : [{ x, y }];
  });
}

export const wallSeconds = ({ wallSeconds: seconds }: Measurement): number => seconds;
const overheadSeconds = ({ parts }: Measurement): number => parts?.overhead ?? 0;
const hookSeconds = (measurement: Measurement): number => {
  const { parts } = measurement;
  if (parts === null) return 0;
  return measurement.wallSeconds - parts.disk - parts.output - parts.overhead;
};
