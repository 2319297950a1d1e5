// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { emptyHistory, remember } from '../../../lib/report/history.ts';
import { summaryLines } from '../../../lib/report/summary.ts';
import { at } from './build-story.ts';

const hook = (step: number, phase: string, script: string) => ({
  step,
  phase,
  title: `${phase}/${script}`,
  element: 'base',
});

test('hooks that run in every build do not count as the end of what was reused', () => {
  const history = at([
    [0, { kind: 'build-started', name: 'out', isolation: 'root', steps: 3 }],
    [1, { kind: 'step-reused', ...hook(0, 'root.d', '10-a') }],
    [2, { kind: 'step-finished', ...hook(1, 'extra-data.d', '10-b'), milliseconds: 10 }],
    [3, { kind: 'step-reused', ...hook(2, 'install.d', '10-c') }],
    [4, { kind: 'phase-finished', phase: 'install.d', milliseconds: 2 }],
    [5, { kind: 'build-finished', milliseconds: 5 }],
  ]).reduce(remember, emptyHistory);
  expect(summaryLines(history)).toEqual([
    'Time per phase:',
    '  install.d  0.0 s  1 hook, all reused',
    '',
    'Slowest hooks:',
    '  0.0 s  extra-data.d/10-b (base)',
    '',
    'Layers:',
    '  2 of 3 hooks reused; no hook that can be reused had to run',
    '',
    'Total time: 0.0 s',
  ]);
});

test('hooks that other hooks have added count, too', () => {
  const history = at([
    [0, { kind: 'build-started', name: 'out', isolation: 'root', steps: 1 }],
    [1, { kind: 'step-reused', ...hook(0, 'root.d', '10-a') }],
    [2, { kind: 'steps-counted', steps: 2 }],
    [3, { kind: 'step-reused', ...hook(1, 'install.d', '10-b') }],
    [4, { kind: 'step-finished', ...hook(2, 'disk', 'making'), milliseconds: 1 }],
  ]).reduce(remember, emptyHistory);
  expect(summaryLines(history)).toContain('  2 of 2 hooks reused; no hook that can be reused had to run');
});

test('the five slowest hooks, slowest first', () => {
  const history = at(
    [3, 9, 1, 7, 5, 8].map((milliseconds, step) => [
      step,
      { kind: 'step-finished', ...hook(step, 'install.d', `${step}`), milliseconds: milliseconds * 1000 },
    ]),
  ).reduce(remember, emptyHistory);
  expect(summaryLines(history)).toEqual([
    'Slowest hooks:',
    '  9.0 s  install.d/1 (base)',
    '  8.0 s  install.d/5 (base)',
    '  7.0 s  install.d/3 (base)',
    '  5.0 s  install.d/4 (base)',
    '  3.0 s  install.d/0 (base)',
    '',
  ]);
});

test('a build that has done nothing has nothing to sum up', () => {
  expect(summaryLines(emptyHistory)).toEqual([]);
});

test('a phase that comes in two parts is one line', () => {
  const history = at([
    [1, { kind: 'phase-finished', phase: 'outputs', milliseconds: 2000 }],
    [2, { kind: 'phase-finished', phase: 'cleanup.d', milliseconds: 1000 }],
    [3, { kind: 'phase-finished', phase: 'outputs', milliseconds: 3500 }],
  ]).reduce(remember, emptyHistory);
  expect(summaryLines(history)).toEqual(['Time per phase:', '  outputs    5.5 s', '  cleanup.d  1.0 s', '']);
});
