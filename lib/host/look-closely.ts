// SPDX-License-Identifier: Apache-2.0
import { readFileSync, readdirSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import type { Usage } from '../model/usage.ts';
import { addUsage, noUsage } from '../model/usage.ts';
import { now } from './clock.ts';
import type { Meter, MeteredCommand } from './meter.ts';
import { createCloseMeter, createMeter } from './meter.ts';
import { afterName, readCounters, readTransfer, wholeTime } from './process-counters.ts';
import type { Observe } from './real-host.ts';
import { observedHost, realHost } from './real-host.ts';

/** Of this process, at hardly any cost. */
export const meter = (): Meter => createMeter(() => readCounters(false), realHost);

/** Of this process, for a profile: each command by itself, with what it read and wrote. */
export function closeMeter(onCommand: (command: MeteredCommand) => void): Meter {
  const running = new Set<string>();
  return createCloseMeter({
    readCounters: () => readCounters(true),
    hostThatTells: (observe) => observedHost(keepingTrack(running, observe)),
    now,
    later: (callback) => void setImmediate(callback),
    peakMemoryOf: watchMemory(),
    strayUsage: strayCounter(running),
    onCommand,
  });
}

const keepingTrack =
  (running: Set<string>, observe: Observe): Observe =>
  (command, pid) => {
    const ended = observe(command, pid);
    running.add(String(pid));
    return (ending) => {
      running.delete(String(pid));
      ended(ending);
    };
  };

const LOOK_MILLISECONDS = 250;

/** What the largest process below each child was seen to take at most. A child that ends between two looks is unknown. */
function watchMemory(): (pid: number) => number | null {
  const peaks = new Map<number, number>();
  const look = async (): Promise<void> => {
    for (const [child, bytes] of await memoryBelowChildren())
      peaks.set(child, Math.max(bytes, peaks.get(child) ?? 0));
  };
  let looking = Promise.resolve();
  setInterval(() => void (looking = looking.then(look)), LOOK_MILLISECONDS).unref();
  return (pid) => {
    const peak = peaks.get(pid) ?? null;
    peaks.delete(pid);
    return peak;
  };
}

async function memoryBelowChildren(): Promise<ReadonlyMap<number, number>> {
  const processes = new Map<number, { readonly parent: number; readonly bytes: number }>();
  for (const name of await readdir('/proc')) {
    const status = /^\d+$/.test(name) ? await readFile(`/proc/${name}/status`, 'latin1').catch(() => '') : '';
    const [parent, kibibytes] = [/^PPid:\t(\d+)$/m.exec(status), /^VmHWM:\s+(\d+) kB$/m.exec(status)];
    if (parent !== null && kibibytes !== null)
      processes.set(Number(name), { parent: Number(parent[1]), bytes: Number(kibibytes[1]) * 1024 });
  }
  const childOf = (pid: number): number | null => {
    const parent = processes.get(pid)?.parent;
    if (parent === undefined) return null;
    return parent === process.pid ? pid : childOf(parent);
  };
  const found = new Map<number, number>();
  for (const [pid, { bytes }] of processes) {
    const child = childOf(pid);
    if (child !== null) found.set(child, Math.max(bytes, found.get(child) ?? 0));
  }
  return found;
}

/**
 * Daemons that a command left running become children of the first process of the namespace, which does not wait for
 * them: once ended they stay, with their counters, and are counted once.
 */
function strayCounter(running: ReadonlySet<string>): () => Usage {
  const counted = new Set<string>();
  return () => {
    if (process.pid !== 1) return noUsage;
    const isNew = (name: string): boolean => /^\d+$/.test(name) && !counted.has(name) && !running.has(name);
    const pids = readdirSync('/proc').filter(isNew);
    const found = pids.flatMap((pid) => {
      const usage = usageOfEnded(pid);
      if (usage === null) return [];
      counted.add(pid);
      return [usage];
    });
    return found.reduce(addUsage, noUsage);
  };
}

function usageOfEnded(pid: string): Usage | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const [state, parent] = afterName(stat);
    if (state !== 'Z' || parent !== '1') return null;
    return { ...noUsage, ...wholeTime(stat), transfer: readTransfer(`/proc/${pid}/io`) };
  } catch {
    return null;
  }
}
