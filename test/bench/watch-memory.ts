// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Greatest sums seen, in bytes: of the builder's own Node processes, and of all processes of the build. */
export type MemoryPeaks = { readonly builder: number; readonly all: number };

const EVERY_MILLISECONDS = 200;

/** Looks at a process and all below it until stopped. Shared pages count once (PSS); caches of the kernel do not. */
export function watchMemory(pid: number): { readonly stop: () => MemoryPeaks } {
  const peaks = { builder: 0, all: 0 };
  const look = (): void => {
    const now = sumBelow(pid);
    peaks.builder = Math.max(peaks.builder, now.builder);
    peaks.all = Math.max(peaks.all, now.all);
  };
  const timer = setInterval(look, EVERY_MILLISECONDS);
  return {
    stop: () => {
      clearInterval(timer);
      return peaks;
    },
  };
}

function sumBelow(pid: number): MemoryPeaks {
  const sums = { builder: 0, all: 0 };
  for (const process of processesBelow(pid)) {
    const bytes = proportionalBytes(process);
    sums.all += bytes;
    if (isNode(process)) sums.builder += bytes;
  }
  return sums;
}

function processesBelow(pid: number): readonly string[] {
  const childrenOf = new Map<string, string[]>();
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    const parent = parentOf(name);
    childrenOf.set(parent, [...(childrenOf.get(parent) ?? []), name]);
  }
  const found = [String(pid)];
  for (const process of found) found.push(...(childrenOf.get(process) ?? []));
  return found;
}

/** Fourth field of /proc/PID/stat; the second may hold blanks and parentheses. */
const parentOf = (pid: string): string =>
  orEmpty(() => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[1]);

function proportionalBytes(pid: string): number {
  const text = orEmpty(() => readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'));
  return Number(/^Pss: +(\d+) kB$/m.exec(text)?.[1] ?? 0) * 1024;
}

const isNode = (pid: string): boolean => orEmpty(() => readlinkSync(`/proc/${pid}/exe`)) === process.execPath;

/** Processes end while they are looked at. */
function orEmpty(look: () => string | undefined): string {
  try {
    return look() ?? '';
  } catch {
    return '';
  }
}
