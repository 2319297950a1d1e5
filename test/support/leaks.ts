// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
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

/**
 * What builds that are over have left in a cache, or mounted and attached from it: paths. A build that goes on, for
 * another test file, holds the lock beside its directory; one that begins or ends is given time.
 */
export async function leftByBuilds(cache: string, milliseconds = 10_000): Promise<readonly string[]> {
  const end = Date.now() + milliseconds;
  for (;;) {
    const left = tracesIn(cache).filter((path) => !isOfLivingBuild(path));
    if (left.length === 0 || Date.now() > end) return left;
    await wait(200);
  }
}

function tracesIn(cache: string): readonly string[] {
  const works = namesIn(join(cache, 'store')).map((owner) => join(cache, 'store', owner, 'work'));
  const mounted = linesNaming('/proc/self/mounts', cache).map((line) => line.split(' ')[1] ?? '');
  const attached = loopDevices().map(({ file }) => file);
  return [
    ...works.flatMap((work) => namesIn(work).map((name) => join(work, name))),
    ...[...mounted, ...attached].filter((path) => path.startsWith(cache)),
  ];
}

/** The lock is not made where it has gone. */
function isOfLivingBuild(path: string): boolean {
  const [build = ''] = /^.*\/work\/[^/.]+/.exec(path) ?? [];
  const lock = attempt(() => openSync(`${build}.lock`, 'r'), null);
  if (lock === null) return false;
  try {
    const { status } = spawnSync('flock', ['--exclusive', '--nonblock', '3'], {
      stdio: ['ignore', 'ignore', 'inherit', lock],
    });
    return status === 1;
  } finally {
    closeSync(lock);
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

const loopDevicesOf = (directory: string): readonly string[] =>
  loopDevices()
    .filter(({ file }) => file.includes(directory))
    .map(({ name }) => name);

const loopDevices = (): readonly { readonly name: string; readonly file: string }[] =>
  namesIn('/sys/block')
    .filter((name) => name.startsWith('loop'))
    .map((name) => ({ name, file: textOf(join('/sys/block', name, 'loop/backing_file')).trim() }));

const namesIn = (directory: string): readonly string[] => attempt(() => readdirSync(directory), []);

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
