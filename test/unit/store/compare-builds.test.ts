// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import type { Answer, BuildRecord, RecordedStep } from '../../../lib/store/build-record.ts';
import { compareBuilds } from '../../../lib/store/compare-builds.ts';

const reused: Answer = { kind: 'reused', id: 'layer' };

const step = (title: string, key: string, parts = {}, answer: Answer = reused): RecordedStep => ({
  title,
  key,
  parts,
  answer,
});

const build = (steps: readonly RecordedStep[], isDone = true): BuildRecord => ({
  id: 'b',
  name: 'image',
  startedAt: 0,
  isDone,
  elements: [],
  steps,
});

const before = [
  step('root.d/10', 'k1', { previous: '#0', shared: '#1', 'file lib/x': '#644 a', 'variable A': '=1' }),
  step('install.d/20', 'k2', { previous: '#k1', script: '#2', 'file install.d/20': '#755 a' }),
  step('install.d/30', 'k3', { previous: '#k2' }),
];

test('the same keys are the same', () => {
  expect(compareBuilds(build(before), build(before))).toEqual({
    first: null,
    following: 0,
    ran: [],
    same: 3,
  });
});

test('the first key that differs is named with its inputs, the rest is counted', () => {
  const after = [
    before[0],
    step('install.d/20', 'x2', {
      previous: '#k1',
      script: '#3',
      'file install.d/20': '#700 a',
      'variable B': '=new',
    }),
    step('install.d/30', 'x3', { previous: '#x2' }),
  ].flatMap((each) => each ?? []);
  expect(compareBuilds(build(before), build(after))).toEqual({
    first: {
      kind: 'changed',
      title: 'install.d/20',
      inputs: [
        { name: 'file install.d/20', before: '#755 a', after: '#700 a' },
        { name: 'variable B', before: null, after: '=new' },
      ],
    },
    following: 1,
    ran: [],
    same: 1,
  });
});

test('digests over other parts are named when nothing else is known', () => {
  const after = [step('root.d/10', 'x1', { ...before[0]?.parts, previous: '#other' })];
  expect(compareBuilds(build(before), build(after)).first).toEqual({
    kind: 'changed',
    title: 'root.d/10',
    inputs: [{ name: 'previous', before: '#0', after: '#other' }],
  });
});

test.each([
  ['new', [before[0], step('install.d/15', 'n'), before[1]], 'install.d/15'],
  ['gone', [before[0], before[2]], 'install.d/20'],
  ['moved', [before[0], before[2], before[1]], 'install.d/30'],
] as const)('a step that is %s', (kind, steps, title) => {
  const after = build(steps.flatMap((each) => each ?? []));
  expect(compareBuilds(build(before), after).first).toEqual({ kind, title });
});

test('what a failed build did not come to is no difference', () => {
  const failed = build(before.slice(0, 2), false);
  expect(compareBuilds(build(before), failed).first).toBeNull();
  expect(compareBuilds(failed, build(before)).first).toBeNull();
  expect(compareBuilds(build(before), build(before.slice(0, 2))).first?.kind).toBe('gone');
});

test('what ran with the same key is named with the reason, less what always does', () => {
  const after = [
    step('root.d/10', 'k1', {}, { kind: 'made', because: 'none' }),
    step('install.d/20', 'k2', {}, { kind: 'made', because: 'unkeyed' }),
    step('install.d/30', 'k3', {}, { kind: 'made', because: 'on-another' }),
  ];
  expect(compareBuilds(build(before), build(after)).ran).toEqual([
    { title: 'root.d/10', because: 'none' },
    { title: 'install.d/30', because: 'on-another' },
  ]);
});
