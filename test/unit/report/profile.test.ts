// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import type { BuildEventBody } from '../../../lib/model/event.ts';
import { noUsage } from '../../../lib/model/usage.ts';
import { createReporter } from '../../../lib/report/index.ts';
import { recorded } from './build-story.ts';

type Entry = {
  readonly ph: string;
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  readonly args: Readonly<Record<string, unknown>>;
};

function profileOf(
  story: readonly (readonly [number, BuildEventBody])[],
  environment: Readonly<Record<string, string>> = {},
): readonly Entry[] {
  const entries: Entry[] = [];
  const reporter = createReporter({
    ...recorded().options,
    style: 'none',
    profile: (entry) => void entries.push(JSON.parse(entry) as Entry),
    environment,
  });
  for (const [at, body] of story) reporter.event({ at, ...body });
  reporter.close();
  return entries;
}

const hook = (step: number, phase: string, script: string) => ({
  step,
  phase,
  title: `${phase}/${script}`,
  element: 'wine',
});

const command = (
  changes: Partial<Extract<BuildEventBody, { kind: 'command-finished' }>>,
): BuildEventBody => ({
  kind: 'command-finished',
  process: 'worker',
  track: null,
  argv: ['/usr/bin/mount', '-t', 'proc'],
  startedAt: 0,
  endedAt: 1,
  usage: noUsage,
  exitStatus: 0,
  signal: null,
  ...changes,
});

const usage = {
  userMilliseconds: 1.5,
  systemMilliseconds: 20,
  transfer: { read: 4, written: 3, storageRead: 2, storageWritten: 1 },
  peakMemoryBytes: 4096,
  isShared: false,
};

test('a whole build', () => {
  const entries = profileOf([
    [1, { kind: 'program-started' }],
    [
      1.25,
      {
        kind: 'work-finished',
        process: 'command',
        track: null,
        title: 'planning',
        startedAt: 1,
        endedAt: 1.25,
        usage: null,
      },
    ],
    [2, { kind: 'build-started', name: 'out', isolation: 'root', steps: 2 }],
    [3, { kind: 'phase-started', phase: 'install.d' }],
    [4, { kind: 'step-reused', ...hook(0, 'install.d', '10-a') }],
    [5, { kind: 'step-started', ...hook(1, 'install.d', '20-b') }],
    [7, command({ startedAt: 5.5, endedAt: 6.5004, usage })],
    [8, { kind: 'step-finished', ...hook(1, 'install.d', '20-b'), milliseconds: 3, usage }],
    [9, { kind: 'phase-finished', phase: 'install.d', milliseconds: 6 }],
    [10, { kind: 'output-started', format: 'tar', file: '/out.tar' }],
    [12, command({ track: '/out.tar', startedAt: 10.5, endedAt: 11.5, exitStatus: null, signal: 'SIGKILL' })],
    [
      13,
      {
        kind: 'output-made',
        format: 'tar',
        file: '/out.tar',
        bytes: 10,
        allocatedBytes: 20,
        checksums: {},
        milliseconds: 3,
        isReused: false,
        usage: { ...noUsage, isShared: true },
      },
    ],
    [14, { kind: 'build-finished', milliseconds: 12 }],
  ]);
  const idle = { cpuUserSeconds: 0, cpuSystemSeconds: 0 };
  const used = {
    cpuUserSeconds: 0.0015,
    cpuSystemSeconds: 0.02,
    bytesRead: 4,
    bytesWritten: 3,
    bytesReadFromStorage: 2,
    bytesWrittenToStorage: 1,
    peakMemoryBytes: 4096,
  };
  const mount = { name: 'mount -t proc', cat: 'process', ph: 'X' };
  const of = { element: 'wine', phase: 'install.d' };
  expect(entries).toEqual([
    { ph: 'M', name: 'process_name', pid: 1, tid: 1, args: { name: 'command' } },
    { ph: 'M', name: 'process_name', pid: 2, tid: 1, args: { name: 'worker' } },
    { ph: 'M', name: 'thread_name', pid: 1, tid: 1, args: { name: 'command' } },
    { ph: 'X', name: 'planning', cat: 'work', pid: 1, tid: 1, ts: 1000, dur: 250, args: {} },
    { ph: 'M', name: 'thread_name', pid: 2, tid: 1, args: { name: 'worker' } },
    {
      ph: 'X',
      name: 'install.d/10-a',
      cat: 'hook',
      pid: 2,
      tid: 1,
      ts: 3000,
      dur: 1000,
      args: { ...of, done: 'reused' },
    },
    {
      ...mount,
      pid: 2,
      tid: 1,
      ts: 5500,
      dur: 1000,
      args: { command: 'mount -t proc', exitStatus: 0, ...used },
    },
    {
      ph: 'X',
      name: 'install.d/20-b',
      cat: 'hook',
      pid: 2,
      tid: 1,
      ts: 5000,
      dur: 3000,
      args: { ...of, done: 'run', ...used },
    },
    { ph: 'X', name: 'install.d', cat: 'phase', pid: 2, tid: 1, ts: 3000, dur: 6000, args: {} },
    { ph: 'M', name: 'thread_name', pid: 2, tid: 2, args: { name: '/out.tar' } },
    {
      ...mount,
      pid: 2,
      tid: 2,
      ts: 10_500,
      dur: 1000,
      args: { command: 'mount -t proc', signal: 'SIGKILL', ...idle },
    },
    {
      ph: 'X',
      name: 'tar',
      cat: 'output',
      pid: 2,
      tid: 2,
      ts: 10_000,
      dur: 3000,
      args: { file: '/out.tar', done: 'run', bytes: 10, allocatedBytes: 20, ...idle, shared: true },
    },
    {
      ph: 'X',
      name: 'building out',
      cat: 'build',
      pid: 2,
      tid: 1,
      ts: 2000,
      dur: 12_000,
      args: { isolation: 'root' },
    },
    { ph: 'X', name: 'the command', cat: 'command', pid: 1, tid: 1, ts: 1000, dur: 13_000, args: {} },
  ]);
});

/** What was begun, with how it ended. */
const endings = (entries: readonly Entry[]) =>
  entries.flatMap(({ ph, name, args: { failed, unfinished } }) =>
    ph === 'X' ? [{ name, failed, unfinished }] : [],
  );

const begun = [
  [1, { kind: 'program-started' }],
  [2, { kind: 'build-started', name: 'out', isolation: 'root', steps: 1 }],
  [3, { kind: 'phase-started', phase: 'install.d' }],
  [4, { kind: 'step-started', ...hook(0, 'install.d', '10-a') }],
] as const;

test('what was under way when a build failed ends there, the innermost first', () => {
  const entries = profileOf([...begun, [5, { kind: 'build-failed', failure: { kind: 'interrupted' } }]]);
  expect(endings(entries)).toEqual([
    { name: 'install.d/10-a', failed: true },
    { name: 'install.d', failed: true },
    { name: 'building out', failed: true },
    { name: 'the command' },
  ]);
});

test('what was under way when nobody was told of an end, too', () => {
  expect(endings(profileOf(begun))).toEqual([
    { name: 'install.d/10-a', unfinished: true },
    { name: 'install.d', unfinished: true },
    { name: 'building out', unfinished: true },
    { name: 'the command' },
  ]);
});

const nameAndCommand = (argv: readonly string[], environment = {}): readonly unknown[] =>
  profileOf([[1, command({ argv })]], environment)
    .filter(({ ph }) => ph === 'X')
    .flatMap(({ name, args }) => [name, args['command']]);

test('commands are shortened: paths at their beginning, other words at their end', () => {
  const path = `/${'deep/'.repeat(50)}hooks`;
  const [name, whole] = nameAndCommand([`${path}/run-hook`, path, 'install.d', 'x'.repeat(500), 'y', 'z']);
  expect(name).toBe(`run-hook …${path.slice(-27)} install.d ${'x'.repeat(15)}…`);
  expect(whole).toBe(`run-hook …${path.slice(-159)} install.d ${'x'.repeat(159)}… y z`);
});

test('a secret is masked before a command is shortened, so that not even a part of it is left', () => {
  const secret = 'correct-horse-battery-staple';
  const words = nameAndCommand(['/bin/login', `--password=${'x'.repeat(10)}${secret}`], {
    MY_PASSWORD: secret,
  });
  expect(words).toEqual(['login --password=xxxxxxxxxx***', 'login --password=xxxxxxxxxx***']);
});
