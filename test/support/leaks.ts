// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** What a build that is over must not have left running or mounted, each named. */
export type Leaks = {
  readonly processes: readonly string[];
  readonly mounts: readonly string[];
  readonly loopDevices: readonly string[];
};

export const noLeaks: Leaks = { processes: [], mounts: [], loopDevices: [] };

/**
 * Everything on this machine that has to do with a directory. Builds of others, running at the same time, do not
 * count: a process of a build names the directory in its words, its variables, or by what it has open.
 */
export function leaksOf(directory: string): Leaks {
  return {
    processes: processesOf(directory),
    mounts: linesNaming('/proc/self/mounts', directory),
    loopDevices: loopDevicesOf(directory),
  };
}

/** Looks until nothing is left or the time is over. @returns what is left then. */
export async function leaksAfter(directory: string, milliseconds: number): Promise<Leaks> {
  const end = Date.now() + milliseconds;
  for (;;) {
    const leaks = leaksOf(directory);
    const isClean = Object.values(leaks).every((list) => list.length === 0);
    if (isClean || Date.now() > end) return leaks;
    await wait(50);
  }
}

function processesOf(directory: string): readonly string[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  return pids.filter((pid) => namesDirectory(pid, directory)).map((pid) => `${pid} ${commandOf(pid)}`);
}

const namesDirectory = (pid: string, directory: string): boolean =>
  ['cmdline', 'environ'].some((file) => textOf(`/proc/${pid}/${file}`).includes(directory)) ||
  [...linksOf(pid), 'cwd', 'root'].some((link) => targetOf(`/proc/${pid}/${link}`).includes(directory));

const commandOf = (pid: string): string => textOf(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim();

function linksOf(pid: string): readonly string[] {
  return attempt(() => readdirSync(`/proc/${pid}/fd`).map((name) => `fd/${name}`), []);
}

const linesNaming = (file: string, directory: string): readonly string[] =>
  textOf(file)
    .split('\n')
    .filter((line) => line.includes(directory));

function loopDevicesOf(directory: string): readonly string[] {
  const devices = readdirSync('/sys/block').filter((name) => name.startsWith('loop'));
  return devices.filter((name) => textOf(join('/sys/block', name, 'loop/backing_file')).includes(directory));
}

/** Empty when it is gone meanwhile or belongs to someone else. */
const textOf = (path: string): string =>
  attempt(() => (existsSync(path) ? readFileSync(path, 'utf8') : ''), '');
const targetOf = (path: string): string => attempt(() => readlinkSync(path), '');

function attempt<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
