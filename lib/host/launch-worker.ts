// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { BuildEvent, TurnWanted } from '../model/event.ts';
import type { Failure } from '../model/failure.ts';
import type { BuildPlan } from '../model/plan.ts';
import type { Store } from '../model/store-paths.ts';
import { storeIn } from '../model/store-paths.ts';
import { inNamespaces, storeKind } from './isolation.ts';
import type { Isolation } from './isolation.ts';
import { builderCommand, packageRoot } from './package-root.ts';
import { prepareCache, prepareLocks, prepareStore } from './prepare-store.ts';

export type WorkerRun = {
  readonly plan: BuildPlan;
  readonly isolation: Isolation;
  readonly cores: number;
  /** Whether every command is to be told of. */
  readonly isProfiled: boolean;
  readonly onEvent: (event: BuildEvent) => void;
  /** Aborted once: the worker stops, gives everything back and ends. Its owner dying has the same effect. */
  readonly stop: AbortSignal;
  /** Where builds share the machine: settles when one that has waited for another may go on. Left out: at once. */
  readonly awaitTurn?: () => Promise<void>;
};

/** What the worker reads as its first line. */
export type WorkerOrder = {
  readonly plan: BuildPlan;
  readonly isolation: Isolation;
  readonly isProfiled: boolean;
  /** Names this build's directory in the store. */
  readonly buildName: string;
  /** Whether it asks before it goes on after it has waited for another build. */
  readonly sharesTurns: boolean;
};

const GRACE_MILLISECONDS = 15_000;

/**
 * Runs the worker to its end. Every outcome is an event: `build-finished` or `build-failed`, exactly one, the last.
 * The worker dies with the process that calls this, `kill -9` included, and with it all its mounts and processes.
 */
export async function runWorker(run: WorkerRun): Promise<void> {
  const { cacheDirectory } = run.plan.execution.store;
  const store = storeIn(cacheDirectory, storeKind(run.isolation));
  const failure = await (run.isolation === 'sudo' ? prepareCache(cacheDirectory) : prepareStore(store));
  if (failure !== null) {
    run.onEvent({ at: Date.now(), kind: 'build-failed', failure });
    return;
  }
  await prepareLocks(run.plan.environment);
  const buildName = `${Date.now().toString(36)}-${randomBytes(4).toString('hex')}`;
  const [program, ...words] = workerCommand(run, store, buildName);
  const worker = spawn(program, words, { stdio: ['pipe', 'pipe', 'pipe'] });
  const { isolation, isProfiled, awaitTurn } = run;
  const sharesTurns = awaitTurn !== undefined;
  const order: WorkerOrder = { plan: asSeenInside(run), isolation, isProfiled, buildName, sharesTurns };
  worker.stdin.on('error', () => undefined);
  worker.stdin.write(`${JSON.stringify(order)}\n`);
  await followWorker(worker, run);
}

/** In a user namespace the user is called root: a hook that gives a file to `$USER` means who builds, not that name's number. */
function asSeenInside({ plan, isolation }: Pick<WorkerRun, 'plan' | 'isolation'>): BuildPlan {
  if (isolation !== 'user-namespace') return plan;
  const names = ['USER', 'LOGNAME'].filter((name) => name in plan.environment);
  const asRoot = Object.fromEntries(names.map((name) => [name, 'root']));
  return { ...plan, environment: { ...plan.environment, ...asRoot } };
}

async function followWorker(worker: ChildProcess, run: WorkerRun): Promise<void> {
  const state = { hasEnded: false };
  const said: string[] = [];
  const stop = stopper(worker, run.isolation);
  run.stop.addEventListener('abort', stop.begin, { once: true });
  if (run.stop.aborted) stop.begin();
  const lines = worker.stdout === null ? null : createInterface({ input: worker.stdout });
  lines?.on('line', (line) => {
    const event = parseEvent(line);
    if (event === null) return void said.push(line);
    if (event.kind === 'turn-wanted') return void answerTurn(worker, run);
    if (event.kind === 'build-finished' || event.kind === 'build-failed') state.hasEnded = true;
    run.onEvent(event);
  });
  if (worker.stderr !== null) createInterface({ input: worker.stderr }).on('line', (line) => said.push(line));
  const ending = await ended(worker);
  run.stop.removeEventListener('abort', stop.begin);
  stop.cancel();
  if (state.hasEnded) return;
  const failure = run.stop.aborted ? ({ kind: 'interrupted' } as const) : endedWithoutAWord(ending, said);
  run.onEvent({ at: Date.now(), kind: 'build-failed', failure });
}

/** Waits until the process is gone and all it wrote has been read. */
function ended(worker: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    worker.once('error', (error) => resolve(error.message));
    worker.once('close', (code, signal) => {
      resolve(
        signal === null ? `the worker ended with status ${code ?? 0}` : `the worker was ended by ${signal}`,
      );
    });
  });
}

/** Ending its input asks the worker to stop; when it has not after the grace time it is killed. */
function stopper(
  worker: ChildProcess,
  isolation: Isolation,
): { readonly begin: () => void; readonly cancel: () => void } {
  // What sudo started is root's: it cannot be killed from here, and has the same grace time of its own.
  const grace = isolation === 'sudo' ? 2 * GRACE_MILLISECONDS : GRACE_MILLISECONDS;
  let timer: NodeJS.Timeout | undefined;
  return {
    begin: () => {
      worker.stdin?.end();
      timer = setTimeout(() => worker.kill('SIGKILL'), grace);
    },
    cancel: () => clearTimeout(timer),
  };
}

/** A worker that fails by a bug says something; unshare may, too, about a child that was killed. */
function endedWithoutAWord(ending: string, said: readonly string[]): Failure {
  if (said.every((line) => line.startsWith('unshare: '))) return { kind: 'worker-killed' };
  return { kind: 'unexpected', message: [...said.slice(-20), ending].join('\n'), stack: null };
}

async function answerTurn({ stdin }: ChildProcess, { awaitTurn }: WorkerRun): Promise<void> {
  await awaitTurn?.();
  if (stdin?.writable === true) stdin.write('\n');
}

function parseEvent(line: string): BuildEvent | TurnWanted | null {
  try {
    const value: unknown = JSON.parse(line);
    const isEvent = typeof value === 'object' && value !== null && 'kind' in value;
    return isEvent ? (value as BuildEvent | TurnWanted) : null;
  } catch {
    return null;
  }
}

/** Through sudo it is the same program, which then does this again as root. */
export function workerCommand(
  { isolation, cores }: Pick<WorkerRun, 'isolation' | 'cores'>,
  store: Store,
  buildName: string,
): readonly [string, ...string[]] {
  if (isolation === 'sudo') return ['sudo', '-n', '--', builderCommand, 'worker'];
  return [
    ...inNamespaces(isolation),
    ...['flock', '--shared', '--no-fork', store.lock],
    ...['flock', '--exclusive', '--no-fork', join(store.work, `${buildName}.lock`)],
    ...['env', `UV_THREADPOOL_SIZE=${Math.max(4, cores)}`],
    ...[process.execPath, join(packageRoot, 'dist/worker/main.js')],
  ];
}
