// SPDX-License-Identifier: Apache-2.0
import type { Transfer, Usage } from '../model/usage.ts';
import { addUsage, mapTransfers, noUsage } from '../model/usage.ts';
import type { Command, Host } from './host.ts';
import type { Counted, Counters } from './process-counters.ts';
import type { Observe } from './real-host.ts';

/** Work that goes on beside other work has a name, as an output of several has; null: what is done one after the other. */
export type Track = string | null;

/** Tells what pieces of work use. */
export type Meter = {
  /** Begins a piece of work. @returns what ends it. */
  readonly begin: (track: Track) => () => Usage;
  /** The host for work on a track. */
  readonly hostOn: (track: Track) => Host;
};

/** A command that has ended, as a meter that looks closely tells of it. */
export type MeteredCommand = {
  readonly track: Track;
  readonly argv: Command['argv'];
  readonly startedAt: number;
  readonly endedAt: number;
  readonly exitStatus: number | null;
  readonly signal: string | null;
  readonly usage: Usage;
};

type Work = { readonly track: Track; isShared: boolean; used: Usage };

/**
 * Looks at the counters where a piece of work begins and ends: costs next to nothing. Where several go on at once,
 * each is said to have used what all of them have, and to share it.
 */
export function createMeter(readCounters: () => Counters, host: Host): Meter {
  const open = new Set<Work>();
  return {
    begin: (track) => {
      const work = openWork(open, track);
      const before = readCounters();
      return () => {
        open.delete(work);
        const { own, children } = readCounters();
        const used = addUsage(between(before.own, own), between(before.children, children));
        return { ...used, isShared: work.isShared };
      };
    },
    hostOn: () => host,
  };
}

export type CloseLooking = {
  readonly readCounters: () => Counters;
  /** Makes a host that tells of its processes. */
  readonly hostThatTells: (observe: Observe) => Host;
  /** Milliseconds since the epoch, with fractions. */
  readonly now: () => number;
  /** Calls back when every process has been told of that was waited for in this turn of the event loop. */
  readonly later: (callback: () => void) => void;
  readonly peakMemoryOf: (pid: number) => number | null;
  /** What processes have used that nobody has waited for, since it was asked last. */
  readonly strayUsage: () => Usage;
  readonly onCommand: (command: MeteredCommand) => void;
};

/**
 * Tells what each command has used, commands at once apart from each other: the counters of the children grow by what
 * a process and its own have used in the moment in which it is waited for, and are read right then. Only processes
 * that end in the same turn of the event loop share the sum of what they used.
 */
export function createCloseMeter(looking: CloseLooking): Meter {
  const open = new Set<Work>();
  const watch = createWatch(looking, (command) => {
    for (const work of open) if (work.track === command.track) work.used = addUsage(work.used, command.usage);
    looking.onCommand(command);
  });
  return {
    begin: (track) => {
      const work = openWork(open, track);
      const before = looking.readCounters().own;
      return () => {
        open.delete(work);
        const own = between(before, looking.readCounters().own);
        const strays = track === null ? looking.strayUsage() : noUsage;
        const used = [own, work.used, strays].reduce(addUsage);
        return { ...used, isShared: used.isShared || work.isShared };
      };
    },
    hostOn: watch,
  };
}

function openWork(open: Set<Work>, track: Track): Work {
  const others = [...open].filter((work) => work.track !== track);
  for (const other of others) other.isShared = true;
  const work = { track, isShared: others.length > 0, used: noUsage };
  open.add(work);
  return work;
}

type Ended = Omit<MeteredCommand, 'usage'> & { readonly pid: number };

/** The host of each track; `told` is called for each command before the promise of its result is kept. */
function createWatch(
  { readCounters, hostThatTells, now, later, peakMemoryOf }: CloseLooking,
  told: (command: MeteredCommand) => void,
): (track: Track) => Host {
  let last = readCounters().children;
  let pending: readonly Ended[] = [];
  let settled = Promise.resolve();
  const settle = (used: Usage): void => {
    const batch = pending;
    pending = [];
    const whole = batch.reduce((sum, { startedAt, endedAt }) => sum + endedAt - startedAt, 0);
    for (const { pid, ...command } of batch) {
      const share =
        batch.length === 1 ? 1 : (command.endedAt - command.startedAt) / whole || 1 / batch.length;
      const usage = {
        ...partOf(used, share),
        peakMemoryBytes: peakMemoryOf(pid),
        isShared: batch.length > 1,
      };
      told({ ...command, usage });
    }
  };
  const onEnd = (ended: Ended): void => {
    pending = [...pending, ended];
    if (pending.length > 1) return;
    const { children } = readCounters();
    const used = between(last, children);
    last = children;
    settled = new Promise((resolve) => {
      later(() => {
        settle(used);
        resolve();
      });
    });
  };
  return (track) => {
    const observe: Observe = ({ argv }, pid) => {
      const startedAt = now();
      return ({ exitStatus, signal }) =>
        onEnd({ track, argv, pid, startedAt, endedAt: now(), exitStatus, signal });
    };
    return waitingHost(hostThatTells(observe), () => settled);
  };
}

/** Whoever waits for a command finds it counted. */
const waitingHost = (host: Host, settled: () => Promise<void>): Host => ({
  run: async (command) => {
    const result = await host.run(command);
    await settled();
    return result;
  },
  hash: async (command) => {
    const digest = await host.hash(command);
    await settled();
    return digest;
  },
  runOnTerminal: async (command, terminal) => {
    const status = await host.runOnTerminal(command, terminal);
    await settled();
    return status;
  },
});

function between(before: Counted, after: Counted): Usage {
  return {
    ...noUsage,
    userMilliseconds: after.userMilliseconds - before.userMilliseconds,
    systemMilliseconds: after.systemMilliseconds - before.systemMilliseconds,
    transfer: since(before.transfer, after.transfer),
  };
}

const since = (before: Transfer | null, after: Transfer | null): Transfer | null =>
  before === null || after === null ? null : mapTransfers(before, after, (a, b) => Math.max(0, b - a));

const partOf = (usage: Usage, share: number): Usage => ({
  ...usage,
  userMilliseconds: usage.userMilliseconds * share,
  systemMilliseconds: usage.systemMilliseconds * share,
  transfer: mapTransfers(usage.transfer, usage.transfer, (bytes) => Math.round(bytes * share)),
});
