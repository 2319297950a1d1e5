// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import type { Command, CommandResult, Host } from '../../../lib/host/host.ts';
import type { Meter, MeteredCommand } from '../../../lib/host/meter.ts';
import { createCloseMeter, createMeter } from '../../../lib/host/meter.ts';
import type { Counters } from '../../../lib/host/process-counters.ts';
import type { Observe } from '../../../lib/host/real-host.ts';
import { noUsage } from '../../../lib/model/usage.ts';

const result: CommandResult = { exitStatus: 0, signal: null, stdout: '', lastLines: [] };

/** A machine on which processes end, and use time, when a test says so. */
function machine() {
  let own = 0;
  let children = 0;
  let time = 0;
  let strays = 0;
  const callbacks: (() => void)[] = [];
  const running = new Map<string, () => void>();
  const commands: MeteredCommand[] = [];
  const readCounters = (): Counters => ({
    own: { userMilliseconds: own, systemMilliseconds: 0, transfer: null },
    children: {
      userMilliseconds: 0,
      systemMilliseconds: children,
      transfer: { read: children, written: 2 * children, storageRead: 0, storageWritten: 0 },
    },
  });
  const hostThatTells = (observe: Observe): Host => ({
    run: (command: Command) =>
      new Promise((resolve) => {
        const ended = observe(command, command.argv.length);
        running.set(command.argv[0], () => {
          ended({ exitStatus: 0, signal: null });
          resolve(result);
        });
      }),
    hash: () => Promise.resolve(''),
    runOnTerminal: () => Promise.resolve(0),
  });
  return {
    readCounters,
    hostThatTells,
    commands,
    meter: (): Meter =>
      createCloseMeter({
        readCounters,
        hostThatTells,
        now: () => time,
        later: (callback) => void callbacks.push(callback),
        peakMemoryOf: (pid) => pid * 1000,
        strayUsage: () => ({ ...noUsage, userMilliseconds: strays }),
        onCommand: (command) => void commands.push(command),
      }),
    work: (milliseconds: number) => void (own += milliseconds),
    leaveStrays: (milliseconds: number) => void (strays = milliseconds),
    setTime: (milliseconds: number) => void (time = milliseconds),
    /** Processes end in one turn of the event loop; each has used so much. */
    end: (used: Readonly<Record<string, number>>): void => {
      for (const milliseconds of Object.values(used)) children += milliseconds;
      for (const program of Object.keys(used)) running.get(program)?.();
    },
    nextTurn: (): void => {
      for (const callback of callbacks.splice(0)) callback();
    },
  };
}

const run = (host: Host, program: string): Promise<CommandResult> => host.run({ argv: [program] });

describe('a meter that looks closely', () => {
  test('tells what commands at once have used, apart from each other', async () => {
    const { meter, commands, setTime, end, nextTurn } = machine();
    const looking = meter();
    const long = run(looking.hostOn('a'), 'long');
    setTime(10);
    const short = run(looking.hostOn('b'), 'short');
    setTime(30);
    end({ short: 5 });
    nextTurn();
    setTime(100);
    end({ long: 70 });
    nextTurn();
    await Promise.all([long, short]);
    const transfer = (bytes: number) => ({
      read: bytes,
      written: 2 * bytes,
      storageRead: 0,
      storageWritten: 0,
    });
    const same = { exitStatus: 0, signal: null };
    expect(commands).toEqual([
      {
        ...same,
        track: 'b',
        argv: ['short'],
        startedAt: 10,
        endedAt: 30,
        usage: { ...noUsage, systemMilliseconds: 5, transfer: transfer(5), peakMemoryBytes: 1000 },
      },
      {
        ...same,
        track: 'a',
        argv: ['long'],
        startedAt: 0,
        endedAt: 100,
        usage: { ...noUsage, systemMilliseconds: 70, transfer: transfer(70), peakMemoryBytes: 1000 },
      },
    ]);
  });

  test('divides what two have used that end in the same moment by their time, and says so', () => {
    const { meter, commands, setTime, end, nextTurn } = machine();
    const looking = meter();
    void run(looking.hostOn('a'), 'long');
    setTime(30);
    void run(looking.hostOn('b'), 'short');
    setTime(40);
    end({ long: 90, short: 10 });
    nextTurn();
    expect(commands.map(({ argv, usage }) => [argv[0], usage.systemMilliseconds, usage.isShared])).toEqual([
      ['long', 80, true],
      ['short', 20, true],
    ]);
  });

  test('counts a command before whoever waits for it goes on, for its own track only', async () => {
    const { meter, work, end, nextTurn } = machine();
    const looking = meter();
    const [endStep, endOutput] = [looking.begin(null), looking.begin('out')];
    const step = run(looking.hostOn(null), 'step').then(() => endStep());
    work(3);
    end({ step: 20 });
    for (let others = 0; others < 20; others++) await Promise.resolve();
    nextTurn();
    expect(await step).toMatchObject({ userMilliseconds: 3, systemMilliseconds: 20, isShared: true });
    expect(endOutput()).toMatchObject({ userMilliseconds: 3, systemMilliseconds: 0, isShared: true });
  });

  test('work alone is shared with nobody, and has what daemons used that it left', () => {
    const { meter, work, leaveStrays } = machine();
    const looking = meter();
    looking.begin('earlier')();
    const end = looking.begin(null);
    const endInner = looking.begin(null);
    work(7);
    endInner();
    leaveStrays(500);
    expect(end()).toEqual({ ...noUsage, userMilliseconds: 507 });
  });
});

test('a meter that looks from afar has what all have used, and says when it is shared', () => {
  const { readCounters, hostThatTells, work, end } = machine();
  const host = hostThatTells(() => () => undefined);
  const meter = createMeter(readCounters, host);
  const endAlone = meter.begin(null);
  work(2);
  end({ any: 30 });
  expect(endAlone()).toMatchObject({ userMilliseconds: 2, systemMilliseconds: 30, isShared: false });
  const [one, other] = [meter.begin('a'), meter.begin('b')];
  end({ any: 40 });
  expect([one(), other()]).toMatchObject([
    { systemMilliseconds: 40, isShared: true },
    { systemMilliseconds: 40, isShared: true },
  ]);
  expect(meter.hostOn('a')).toBe(host);
});
