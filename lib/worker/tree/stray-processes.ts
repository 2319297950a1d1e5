// SPDX-License-Identifier: Apache-2.0
import { readFile, readdir } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';

const WAIT_MILLISECONDS = 5;
const MOST_WAITS = 400;

/**
 * Ends every other process of the worker's own PID namespace: daemons that a hook left running keep the tree busy.
 * The worker must be the namespace's first process and run nothing else meanwhile but companions.
 * @param companions Sessions whose processes go on.
 * @returns the names of what was ended.
 */
export async function killStrayProcesses(companions: ReadonlySet<number>): Promise<readonly string[]> {
  const strays = await strayProcesses(companions);
  if (strays.length === 0) return [];
  if (process.pid !== 1) throw new Error('stray processes may only be ended in a PID namespace of our own');
  let left = strays;
  for (let waits = 0; waits < MOST_WAITS && left.length > 0; waits++) {
    if (companions.size === 0) killAllOthers();
    else for (const { pid } of left) killUnlessGone(pid);
    await wait(WAIT_MILLISECONDS);
    left = await strayProcesses(companions);
  }
  return strays.map(({ name }) => name);
}

/** Every process that this one may kill: in a PID namespace of our own, those of the build. There may be none. */
export const killAllOthers = (): void => killUnlessGone(-1);

function killUnlessGone(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

type RunningProcess = { readonly pid: number; readonly name: string; readonly session: number };

/** Processes other than this one and companions that are neither dead nor dying. */
async function strayProcesses(companions: ReadonlySet<number>): Promise<readonly RunningProcess[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const found = await Promise.all(pids.map(readProcess));
  return found.filter((one) => one !== null).filter(({ session }) => !companions.has(session));
}

/** Source: proc(5), stat: pid, name, state, parent, group, session. */
async function readProcess(pid: string): Promise<RunningProcess | null> {
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  const parts = status === null ? null : /^\d+ \((.*)\) (\w) \d+ \d+ (\d+)/s.exec(status);
  if (parts === null || parts[2] === 'Z' || parts[2] === 'X') return null;
  return { pid: Number(pid), name: parts[1] ?? '', session: Number(parts[3]) };
}
