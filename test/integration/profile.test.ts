// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { expectDone, printedBy, stepsOf } from '../support/build-events.ts';
import { describeForEveryone, useBuildPlace } from '../support/build-place.ts';
import type { BuildOutcome, BuildPlace } from '../support/build-place.ts';

const bash = (text: string): string => `#!/bin/bash\nset -eu -o pipefail\n${text}\n`;

const counting = 'for ((i = 0; i < 250000; i++)); do :; done; times';

const WRITTEN_BYTES = 20_000_000;

const work = {
  'element-deps': 'tiny-os\n',
  'extra-data.d/50-host': bash('sleep 0.1'),
  'install.d/40-busy': bash(counting),
  'install.d/50-write': bash(`head -c ${WRITTEN_BYTES} /dev/zero >/usr/data`),
  // A daemon is ended with the hook, so it has to have counted by then.
  'install.d/60-daemon': bash(
    [
      `setsid bash -c '${counting}; touch /tmp/counted; sleep 1000' 2>&1 >/tmp/times </dev/null &`,
      'until [ -e /tmp/counted ]; do sleep 0.1; done',
      'cat /tmp/times',
    ].join('\n'),
  ),
};

type Span = {
  readonly ph: 'X';
  readonly name: string;
  readonly cat: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly dur: number;
  readonly args: Readonly<Record<string, string | number | boolean | null | undefined>>;
};

/** Spans of the file, which has to be JSON at any time. */
function spansIn({ out }: BuildPlace): readonly Span[] {
  const { traceEvents } = JSON.parse(readFileSync(join(out, 'trace.json'), 'utf8')) as {
    readonly traceEvents: readonly (Span | { readonly ph: 'M' })[];
  };
  return traceEvents.flatMap((entry) => (entry.ph === 'X' ? [entry] : []));
}

function spanNamed(spans: readonly Span[], name: string): Span {
  const [found, ...others] = spans.filter((span) => span.name === name);
  if (found === undefined || others.length > 0) throw new Error(`${others.length} others are called ${name}`);
  return found;
}

const endOf = ({ ts, dur }: Span): number => ts + dur;

/** Pairs on one track of which neither contains, nor comes after, the other. */
function crossings(spans: readonly Span[]): readonly string[] {
  const found: string[] = [];
  const open: Span[] = [];
  const order = (a: Span, b: Span): number => a.pid - b.pid || a.tid - b.tid || a.ts - b.ts || b.dur - a.dur;
  for (const span of [...spans].sort(order)) {
    const isPast = (other: Span): boolean =>
      other.pid !== span.pid || other.tid !== span.tid || endOf(other) <= span.ts;
    for (let top = open.at(-1); top !== undefined && isPast(top); top = open.at(-1)) open.pop();
    const parent = open.at(-1);
    if (parent !== undefined && endOf(span) > endOf(parent)) found.push(`${span.name} × ${parent.name}`);
    open.push(span);
  }
  return found;
}

const isInside = (inner: Span, outer: Span): boolean =>
  inner.pid === outer.pid && inner.tid === outer.tid && inner.ts >= outer.ts && endOf(inner) <= endOf(outer);

const cpuSeconds = ({ args }: Span): number =>
  Number(args['cpuUserSeconds']) + Number(args['cpuSystemSeconds']);

/** What bash's `times` printed in a hook: minutes and seconds of the shell itself. */
function countedSeconds(outcome: BuildOutcome, title: string): number {
  const line = printedBy(outcome, title).find((text) => /^\d+m[\d.]+s \d+m[\d.]+s$/.test(text)) ?? '';
  return [...line.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, m, s]) => sum + Number(m) * 60 + Number(s),
    0,
  );
}

const profiled = ['--profile', 'trace.json', '-t', 'tar,squashfs', '-o', 'x', 'work'];

describeForEveryone('a profile', (place) => {
  test('has every hook once, with what it used', async () => {
    place().element('work', work);
    const outcome = expectDone(await place().create(profiled));
    const spans = spansIn(place());
    const hooks = spans.filter(({ cat }) => cat === 'hook');
    expect(hooks.map(({ name, args }) => [args['done'], name])).toEqual(
      stepsOf(outcome).map((step) => ['run', step.slice('ran '.length)]),
    );
    expect(crossings(spans)).toEqual([]);

    const phase = spanNamed(spans, 'install.d');
    const inPhase = hooks.filter(({ name }) => name.startsWith('install.d/'));
    expect(inPhase.map((hook) => isInside(hook, phase))).toEqual([true, true, true]);
    const inBusy = spans.filter(
      (span) => span.cat === 'process' && isInside(span, spanNamed(spans, 'install.d/40-busy')),
    );
    expect(inBusy.map(({ name }) => name.split(' ')[0])).toContain('chroot');

    for (const name of ['install.d/40-busy', 'install.d/60-daemon']) {
      const counted = countedSeconds(outcome, name);
      expect(counted).toBeGreaterThan(0.1);
      expect(cpuSeconds(spanNamed(spans, name))).toBeGreaterThan(counted - 0.02);
      expect(cpuSeconds(spanNamed(spans, name))).toBeLessThan(counted + 1);
    }
    const { args } = spanNamed(spans, 'install.d/50-write');
    expect(args['bytesWritten']).toBeGreaterThanOrEqual(WRITTEN_BYTES);
    expect(args['bytesWritten']).toBeLessThan(2 * WRITTEN_BYTES);
  });

  test('has outputs that were made at once beside each other, and the start of the command', async () => {
    place().element('work', work);
    expectDone(await place().create(profiled));
    const spans = spansIn(place());
    const [tar, squashfs] = [spanNamed(spans, 'tar'), spanNamed(spans, 'squashfs')];
    expect(tar.tid).not.toBe(squashfs.tid);
    const packing = spans.find(({ cat, name }) => cat === 'process' && name.startsWith('mksquashfs'));
    expect(packing?.tid).toBe(squashfs.tid);
    expect(packing?.args).toMatchObject({ exitStatus: 0 });
    const whole = spanNamed(spans, 'the command');
    for (const part of ['starting Node', 'reading elements', 'planning', 'the worker']) {
      const found = spans.filter(({ name, pid }) => name === part && pid === whole.pid);
      expect(found.map((span) => isInside(span, whole))).toEqual([true]);
    }
  });
});

describe('a profile of a build that', () => {
  const place = useBuildPlace('root');

  test('reuses its layers says so', async () => {
    place().element('work', work);
    expectDone(await place().create(['-t', 'tar', '-o', 'x', 'work']));
    expectDone(await place().create(profiled));
    const hooks = spansIn(place()).filter(({ cat }) => cat === 'hook');
    expect(hooks.map(({ name, args }) => `${String(args['done'])} ${name}`)).toEqual([
      'reused root.d/10-tree',
      'run extra-data.d/50-host',
      'reused install.d/40-busy',
      'reused install.d/50-write',
      'reused install.d/60-daemon',
    ]);
  });

  test('fails ends with the hook that failed', async () => {
    place().element('work', { ...work, 'install.d/50-write': bash('exit 3') });
    expect((await place().create(profiled)).status).toBe(1);
    const spans = spansIn(place());
    expect(crossings(spans)).toEqual([]);
    expect(spans.filter(({ args }) => args['failed'] === true).map(({ name }) => name)).toEqual([
      'install.d/50-write',
      'install.d',
      'building x',
    ]);
    const statuses = spans.flatMap(({ args: { exitStatus } }) =>
      typeof exitStatus === 'number' && exitStatus > 0 ? [exitStatus] : [],
    );
    expect(statuses).toEqual([3]);
  });

  test.each(['SIGTERM', 'SIGKILL'] as const)('is ended by %s can be read', async (signal) => {
    place().element('work', { ...work, 'install.d/50-write': bash('sleep 1000') });
    const running = place().start(profiled, {
      onEvent: (event) => {
        if (event.kind === 'step-started' && event.title === 'install.d/50-write')
          running.process.kill(signal);
      },
    });
    await running.outcome;
    const spans = spansIn(place());
    expect(spanNamed(spans, 'install.d/40-busy').args['done']).toBe('run');
    expect(spans.some(({ args }) => args['failed'] === true)).toBe(signal === 'SIGTERM');
  });

  test('cannot write it is not begun', async () => {
    place().element('work', work);
    const outcome = await place().create(['--profile', '.', '-t', 'tar', '-o', 'x', 'work']);
    expect(outcome.status).toBe(2);
    expect(outcome.said.join('\n')).toContain(`--profile: cannot write ${place().out}`);
    expect(stepsOf(outcome)).toEqual([]);
  });
});

describe('what makes a build slower is told', () => {
  const place = useBuildPlace('root');
  const told = ({ events }: BuildOutcome): readonly string[] =>
    events.flatMap((event) => (event.kind === 'circumstance' ? [event.what] : []));

  test('when too little memory is free for the raw image', async () => {
    const words = ['--no-cache', '-t', 'qcow2', '-o', 'x', 'tiny-os'];
    const short = await place().create(['--min-tmpfs', '100000', ...words]);
    expect(told(expectDone(short))).toEqual(['image-on-disk']);
    const unwanted = await place().create(['--no-tmpfs', ...words]);
    expect(told(expectDone(unwanted))).toEqual([]);
  });

  test('when layers are too old', async () => {
    const words = ['-t', 'tar', '-o', 'x', 'tiny-os'];
    expect(told(expectDone(await place().create(words)))).toEqual([]);
    await wait(1100);
    const outcome = await place().create(words, { environment: { DIB_CACHE_MAX_AGE: '1' } });
    expect(told(expectDone(outcome))).toContain('layer-too-old');
  });
});
