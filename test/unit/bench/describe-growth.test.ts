// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { describeGrowth } from '../../bench/growth/describe-growth.ts';
import type { ScenarioName } from '../../bench/growth/growths.ts';
import type { GrowthRun } from '../../bench/growth/measure-growth.ts';
import { plotOf } from '../../bench/growth/plots.ts';
import { measurement } from './measurements.ts';

const samples = (scenario: ScenarioName, size: number, ...seconds: readonly number[]) =>
  seconds.map((wallSeconds) => ({ scenario, size, measurement: measurement({ wallSeconds }) }));

const hooks: GrowthRun = {
  name: 'hooks',
  machine: [],
  samples: [
    ...samples('cold', 5, 2, 9, 2),
    ...samples('unchanged', 5, 1),
    ...samples('last hook changed', 5, 1),
    ...samples('cold', 105, 7),
    ...samples('unchanged', 105, 1),
    ...samples('last hook changed', 105, 1.3),
  ],
};

test('a growth is a picture, a sentence from its slopes, and its medians', () => {
  expect(describeGrowth(hooks)).toEqual([
    '![What a build costs, by the number of hooks](hooks.svg)',
    '',
    'Each further hook costs 50 ms in a cold build, nothing that can be measured in one where nothing changed and 3 ms in one whose last hook changed.',
    '',
    '| wall s, by hooks | 5 | 105 |',
    '| --- | ---: | ---: |',
    '| cold | 2.00 | 7.00 |',
    '| unchanged | 1.00 | 1.00 |',
    '| last hook changed | 1.00 | 1.30 |',
    '',
  ]);
});

test('its picture has a curve for each kind of build', () => {
  const [whole] = plotOf(hooks).panels;
  expect(whole?.series).toEqual([
    {
      label: 'cold',
      points: [
        { x: 5, y: 2 },
        { x: 105, y: 7 },
      ],
    },
    {
      label: 'unchanged',
      points: [
        { x: 5, y: 1 },
        { x: 105, y: 1 },
      ],
    },
    {
      label: 'last hook changed',
      points: [
        { x: 5, y: 1 },
        { x: 105, y: 1.3 },
      ],
    },
  ]);
});

test('a store is described by a hundred layers, a size by a GB', () => {
  const store: GrowthRun = {
    name: 'store',
    machine: [],
    samples: [
      ...samples('unchanged', 10, 1),
      ...samples('cache ls', 10, 0.2),
      ...samples('unchanged', 510, 1.5),
      ...samples('cache ls', 510, 0.3),
    ],
  };
  expect(describeGrowth(store)[2]).toBe(
    'A hundred further layers in the store cost a build where nothing changed 100 ms, and `diskimage-builder cache ls` 20 ms.',
  );
  const size: GrowthRun = {
    ...hooks,
    name: 'size',
    samples: [...samples('cold', 1, 12), ...samples('cold', 3, 37)],
  };
  expect(describeGrowth(size)[2]).toContain('Each further GB of files costs 12.5 s in a cold build, ');
});
