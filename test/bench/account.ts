// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';

/** The kernel's account of processor time for a group of processes. */
export type Account = {
  /** Where a process writes its id to be counted from then on, with its children; empty when there is no account. */
  readonly joinFile: string;
  /** Null when there is no account. */
  readonly cpuSeconds: () => number | null;
  readonly close: () => void;
};

/** A control group of this run's own, of version 1 or 2; one without effect where none may be made. */
export function openAccount(): Account {
  return (
    openGroup('/sys/fs/cgroup/cpuacct', (group) => Number(read(group, 'cpuacct.usage')) / 1e9) ??
    openGroup('/sys/fs/cgroup', (group) => {
      const usage = /^usage_usec (\d+)$/m.exec(read(group, 'cpu.stat'))?.[1];
      return Number(usage) / 1e6;
    }) ?? { joinFile: '', cpuSeconds: () => null, close: () => undefined }
  );
}

function openGroup(parent: string, cpuSeconds: (group: string) => number): Account | null {
  const group = join(parent, `dib-bench-${process.pid}`);
  try {
    if (!existsSync(join(parent, 'cgroup.procs'))) return null;
    mkdirSync(group);
  } catch {
    return null;
  }
  return {
    joinFile: join(group, 'cgroup.procs'),
    cpuSeconds: () => cpuSeconds(group),
    close: () => rmdirSync(group),
  };
}

const read = (group: string, file: string): string => readFileSync(join(group, file), 'utf8');
