// SPDX-License-Identifier: Apache-2.0
import { readFileSync, readdirSync } from 'node:fs';
import type { Transfer } from '../model/usage.ts';
import { mapTransfers, noTransfer } from '../model/usage.ts';

/** What this process, and those that it has waited for, have used since they began. */
export type Counters = {
  readonly own: Counted;
  /** Grows in the moment in which a child is waited for, by all that it used. */
  readonly children: Counted;
};

export type Counted = {
  readonly userMilliseconds: number;
  readonly systemMilliseconds: number;
  /** Null: not asked for, or this kernel does not count it. */
  readonly transfer: Transfer | null;
};

/** Synchronous, so that nothing is waited for meanwhile. @param withTransfer Costs about ten times as much. */
export function readCounters(withTransfer: boolean): Counters {
  const { user, system } = process.cpuUsage();
  const { own, all } = withTransfer ? readTransfers() : { own: null, all: null };
  return {
    own: { userMilliseconds: user / 1000, systemMilliseconds: system / 1000, transfer: own },
    children: {
      ...childrenTime(readFileSync('/proc/self/stat', 'latin1')),
      transfer: all === null || own === null ? null : mapTransfers(all, own, less),
    },
  };
}

const less = (one: number, other: number): number => Math.max(0, one - other);

/** USER_HZ, which is 100 wherever this program runs. */
const MILLISECONDS_A_TICK = 10;

/** Fields 16 and 17, cutime and cstime. @param stat Text of /proc/PID/stat: the name may hold anything, so the rest is counted after it. */
export function childrenTime(stat: string): Omit<Counted, 'transfer'> {
  const fields = afterName(stat);
  const [user, system] = [Number(fields[13]), Number(fields[14])];
  return { userMilliseconds: user * MILLISECONDS_A_TICK, systemMilliseconds: system * MILLISECONDS_A_TICK };
}

/** Its own and that of all it has waited for. */
export function wholeTime(stat: string): Omit<Counted, 'transfer'> {
  const fields = afterName(stat);
  const at = (index: number): number => Number(fields[index]) * MILLISECONDS_A_TICK;
  return { userMilliseconds: at(11) + at(13), systemMilliseconds: at(12) + at(14) };
}

/** Fields from the third on: index 0 is the state, 1 the parent. */
export const afterName = (stat: string): readonly string[] =>
  stat.slice(stat.lastIndexOf(')') + 2).split(' ');

/**
 * The process counts its threads and its children together; what the threads count is its own. The two are not read
 * at one moment: what a thread moves in between, some hundred microseconds, is counted as that of a child.
 */
function readTransfers(): { readonly own: Transfer | null; readonly all: Transfer | null } {
  const own = ownTransfer();
  return { own, all: readTransfer('/proc/self/io') };
}

function ownTransfer(): Transfer | null {
  return readdirSync('/proc/self/task')
    .map((thread) => readTransfer(`/proc/self/task/${thread}/io`))
    .reduce((sum, one) => mapTransfers(sum, one, (x, y) => x + y), noTransfer);
}

/** Null when there is no such process any more, or nothing is counted. */
export function readTransfer(path: string): Transfer | null {
  try {
    return parseTransfer(readFileSync(path, 'latin1'));
  } catch {
    return null;
  }
}

/** @param text Of /proc/PID/io. */
export function parseTransfer(text: string): Transfer {
  const numbers = new Map(text.split('\n').map((line) => line.split(': ') as [string, string | undefined]));
  const at = (name: string): number => Number(numbers.get(name) ?? 0);
  return {
    read: at('rchar'),
    written: at('wchar'),
    storageRead: at('read_bytes'),
    storageWritten: Math.max(0, at('write_bytes') - at('cancelled_write_bytes')),
  };
}
