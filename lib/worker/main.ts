// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Interface } from 'node:readline';
import { now } from '../host/clock.ts';
import { systemDirectories } from '../host/gather-facts.ts';
import type { WorkerOrder } from '../host/launch-worker.ts';
import { realHost } from '../host/real-host.ts';
import type { BuildEventBody } from '../model/event.ts';
import type { Failure } from '../model/failure.ts';
import { BuildFailure } from '../model/failure.ts';
import { removeAbandonedWork } from '../store/abandoned-work.ts';
import { openBuildRecord } from '../store/build-record.ts';
import { openMeasuring } from './measure.ts';
import { ownerBehindSudo } from './outputs/own-output.ts';
import { withScope } from './scope.ts';
import type { OutputTerms } from './stages.ts';
import { carryOutStages } from './stages.ts';
import { killAllOthers } from './tree/stray-processes.ts';
import { openTreeStore } from './tree/tree-store.ts';
import type { Turn } from './turn.ts';
import { ownTurn, sharedTurn } from './turn.ts';
import { makeWorkPaths } from './work-paths.ts';

/** The worker's own entry: first line in is the order, every line out is an event, the end of the input means stop. */
async function main(): Promise<void> {
  const loadedAt = now();
  process.env['PATH'] = [process.env['PATH'], ...systemDirectories].join(':');
  const lines = createInterface({ input: process.stdin });
  process.stdout.on('error', () => process.exit(1));
  lines.once('close', stopAtOnce);
  const order = await new Promise<WorkerOrder>((resolve) => {
    lines.once('line', (line) => resolve(JSON.parse(line) as WorkerOrder));
  });
  const start = Date.now();
  if (order.isProfiled) reportStart(loadedAt);
  const failure = await carryOutOrder(order, turnOf(order, lines)).catch((error: unknown) =>
    asFailure(error, order),
  );
  lines.off('close', stopAtOnce);
  report(
    failure === null
      ? { kind: 'build-finished', milliseconds: Date.now() - start }
      : { kind: 'build-failed', failure },
  );
  lines.close();
  process.stdin.destroy();
  process.exitCode = failure === null ? 0 : 1;
}

const turnOf = ({ sharesTurns }: WorkerOrder, lines: Interface): Turn =>
  sharesTurns
    ? sharedTurn(
        lines,
        (question) => void process.stdout.write(`${JSON.stringify(question)}\n`),
        stopping.signal,
      )
    : ownTurn;

const report = (event: BuildEventBody): void =>
  void process.stdout.write(`${JSON.stringify({ at: now(), ...event })}\n`);

/** What happened before anyone could be asked. */
function reportStart(loadedAt: number): void {
  const begun = performance.timeOrigin;
  const booted = begun + performance.nodeTiming.bootstrapComplete;
  const of = { kind: 'work-finished', process: 'worker', track: null, usage: null } as const;
  report({ ...of, title: 'starting Node', startedAt: begun, endedAt: booted });
  report({ ...of, title: 'loading the worker', startedAt: booted, endedAt: loadedAt });
  report({ ...of, title: 'reading the plan', startedAt: loadedAt, endedAt: now() });
}

const stopping = new AbortController();

/** Ends what runs; the step under way fails, its scopes give everything back, and no other is begun. */
function stopAtOnce(): void {
  stopping.abort();
  killAllOthers();
}

function asFailure(error: unknown, { plan }: WorkerOrder): Failure {
  if (stopping.signal.aborted) return { kind: 'interrupted' };
  if (error instanceof BuildFailure) return error.failure;
  if (isNoSpace(error)) {
    return {
      kind: 'no-space',
      path: error.path ?? plan.execution.store.cacheDirectory,
      doing: 'writing to it',
    };
  }
  if (error instanceof Error)
    return { kind: 'unexpected', message: error.message, stack: error.stack ?? null };
  return { kind: 'unexpected', message: String(error), stack: null };
}

const isNoSpace = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'code' in error && error.code === 'ENOSPC';

async function carryOutOrder(order: WorkerOrder, turn: Turn): Promise<null> {
  const { plan, isolation, buildName } = order;
  const store = await openTreeStore(realHost, order);
  const removed = await removeAbandonedWork(realHost, store, buildName);
  if (removed.length > 0)
    report({ kind: 'note', text: `removed what ${removed.length} interrupted build(s) left` });
  report({ kind: 'build-started', name: plan.name, isolation, steps: plan.tree.length });
  await withScope(warn, async (scope) => {
    const paths = await makeWorkPaths(order, store, scope);
    const owner = isolation === 'root' ? ownerBehindSudo(process.env) : null;
    const measuring = openMeasuring(order.isProfiled, report);
    const record = await openBuildRecord(store, {
      id: buildName,
      name: plan.name,
      elements: plan.elements.map(({ name }) => name),
      environment: plan.environment,
    });
    const made = {
      host: measuring.meter.hostOn(null),
      measuring,
      report,
      scope,
      paths,
      store,
      unflushed: new Set<string>(),
      record,
      companions: new Set<number>(),
      stop: stopping.signal,
      turn,
    };
    const progress = { isDone: false };
    scope.defer('the record of the build', () => record.write(progress.isDone));
    await carryOutStages({ ...made, plan, owner }, await outputTerms());
    progress.isDone = true;
  });
  return null;
}

const userMask = process.umask(0o022);

const warn = (text: string): void => report({ kind: 'warning', text });

async function outputTerms(): Promise<OutputTerms> {
  const [, program = ''] = process.argv;
  // Its imports are named after their content, so that it changes with any of them.
  const ourselves = createHash('sha256')
    .update(await readFile(program))
    .digest('hex');
  const variables = Object.entries(process.env).filter(([name]) => toolsGoBy.test(name));
  const settings = variables.map(([name, value = '']) => `${name}=${value}`).sort();
  return {
    surroundings: [ourselves, `umask ${userMask.toString(8)}`, ...settings],
    programPath: (process.env['PATH'] ?? '').split(':'),
    userMask,
  };
}

/** Options for the programs that make disks and outputs. */
const toolsGoBy =
  /^(TAR_OPTIONS|GZIP|PIGZ|XZ_|ZSTD_|BZIP|MKE2FS_|E2FSPROGS_|MTOOLS|SOURCE_DATE_EPOCH|QEMU_|SQFS_|TZ$|LC_|LANG)/;

await main();
