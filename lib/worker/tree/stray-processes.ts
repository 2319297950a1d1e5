// SPDX-License-Identifier: Apache-2.0
import { readFile, readdir } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';

const WAIT_MILLISECONDS = 5;
const MOST_WAITS = 400;

/**
 * Ends every other process of the worker's own PID namespace: daemons that a hook left running keep the tree busy.
 * The worker must be the namespace's first process and run nothing else meanwhile.
 * @returns the names of what was ended.
 */
export async function killStrayProcesses(): Promise<readonly string[]> {
  const strays = await runningOthers();
  if (strays.length === 0) return [];
  if (process.pid !== 1) throw new Error('stray processes may only be ended in a PID namespace of our own');
  killAllOthers();
  for (let waits = 0; waits < MOST_WAITS && (await runningOthers()).length > 0; waits++)
    await wait(WAIT_MILLISECONDS);
  return strays;
}

/** Every process that this one may kill: in a PID namespace of our own, those of the build. There may be none. */
export function killAllOthers(): void {
  try {
    process.kill(-1, 'SIGKILL');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/** Names of processes other than this one that are neither dead nor dying. */
async function runningOthers(): Promise<readonly string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const names = await Promise.all(pids.map(nameIfRunning));
  return names.filter((name) => name !== null);
}

async function nameIfRunning(pid: string): Promise<string | null> {
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  const parts = status === null ? null : /^\d+ \((.*)\) (\w)/s.exec(status);
  if (parts === null || parts[2] === 'Z' || parts[2] === 'X') return null;
  return parts[1] ?? null;
}
