// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { chmod, mkdir, readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Interface } from 'node:readline';
import { now } from '../host/clock.ts';
import type { WorkerOrder } from '../host/launch-worker.ts';
import { systemDirectories } from '../host/gather-facts.ts';
import { realHost } from '../host/real-host.ts';
import { hostPath } from '../model/brands.ts';
import type { BuildEventBody } from '../model/event.ts';
import type { Failure } from '../model/failure.ts';
import { BuildFailure } from '../model/failure.ts';
import type { HostPath } from '../model/brands.ts';
import { recordElsewhere, removeAbandonedWork } from '../store/abandoned-work.ts';
import { openBuildRecord } from '../store/build-record.ts';
import { markDurable } from '../store/layers.ts';
import type { WorkPaths } from './context.ts';
import { finishTree, growTree } from './tree/grow-tree.ts';
import type { Growth } from './tree/growth.ts';
import { makeDisk } from './disk/make-disk.ts';
import { finishOnDevices } from './devices/finish-on-devices.ts';
import { prepareLoopDevices } from './devices/prepare-loop-devices.ts';
import type { PlannedOutput } from '../model/plan.ts';
import type { TreeContext } from './tree/make-layer.ts';
import { makeOutputs } from './outputs/make-outputs.ts';
import type { OutputSources } from './outputs/output-job.ts';
import type { ShelfTerms } from './outputs/shelf.ts';
import { openShelf } from './outputs/shelf.ts';
import type { Chain } from './tree/mount-tree.ts';
import { layerDirectories, mountTree } from './tree/mount-tree.ts';
import { ownerBehindSudo } from './outputs/own-output.ts';
import { onTrack, openMeasuring, timed } from './measure.ts';
import { withScope } from './scope.ts';
import { killAllOthers } from './tree/stray-processes.ts';
import { showUsage } from './tree/show-usage.ts';
import { openTreeStore } from './tree/tree-store.ts';
import type { Scope } from './scope.ts';
import type { TreeStore } from './tree/tree-store.ts';
import { ownTurn, sharedTurn } from './turn.ts';
import type { Turn } from './turn.ts';

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
    await build({ ...made, plan, owner });
    progress.isDone = true;
  });
  return null;
}

/** For the outputs. The tree's files have the modes that hooks count on, whoever builds. */
const userMask = process.umask(0o022);

const warn = (text: string): void => report({ kind: 'warning', text });

/** The three stages. */
async function build(context: TreeContext): Promise<void> {
  await prepareLoopDevices(context);
  const grown = await growTree(context);
  if (context.plan.disk?.madeWith.way === 'devices') await finishWithDevices(grown);
  else await finishFromFiles(await finishTree(grown));
}

async function finishFromFiles({ context, chain }: Growth): Promise<void> {
  await context.turn.take();
  process.umask(userMask);
  const { tree } = context.paths;
  const { outputs, execution } = context.plan;
  const shelf = await timed(context, 'looking for finished outputs', async () =>
    openShelf(context, { chain, ...(await shelfTerms()) }),
  );
  const missing = outputs.filter((output) => !shelf.stored.has(output));
  const flushed = flushInBackground(context);
  await withScope(warn, async (scope) => {
    const isTreeNeeded = missing.length > 0 || execution.debug.showImageUsage;
    if (isTreeNeeded) await mountFinished(context, chain, scope);
    // Waited for before the tree is unmounted, which ends whatever still runs.
    scope.defer('the flush of layers', () => flushed);
    await showUsage(context, tree);
    const isDiskNeeded = missing.some(({ from }) => from === 'disk');
    const disk = isDiskNeeded ? await makeDisk(context, tree, layerDirectories(context.store, chain)) : null;
    await makeOutputs(context, { tree, disk }, shelf);
  });
}

async function shelfTerms(): Promise<Omit<ShelfTerms, 'chain'>> {
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
  };
}

/** Options for the programs that make disks and outputs. */
const toolsGoBy =
  /^(TAR_OPTIONS|GZIP|PIGZ|XZ_|ZSTD_|BZIP|MKE2FS_|E2FSPROGS_|MTOOLS|SOURCE_DATE_EPOCH|QEMU_|SQFS_|TZ$|LC_|LANG)/;

/** Outputs of the tree are made while it is mounted, those of the disk when it no longer is. */
async function finishWithDevices(growth: Growth): Promise<void> {
  const { context } = growth;
  const { outputs } = context.plan;
  await context.turn.take();
  const make = async (from: PlannedOutput['from'], sources: OutputSources): Promise<void> => {
    const mask = process.umask(userMask);
    const plan = { ...context.plan, outputs: outputs.filter((output) => output.from === from) };
    await makeOutputs({ ...context, plan }, sources);
    process.umask(mask);
  };
  const disk = await finishOnDevices(growth, async (tree) => {
    await showUsage(context, tree);
    await make('tree', { tree, disk: null });
  });
  await chmod(disk, 0o644 & ~userMask);
  const flushed = flushInBackground(context);
  try {
    await make('disk', { tree: context.paths.tree, disk });
  } finally {
    await flushed;
  }
}

/** Package caches and the like are for hooks only: the image is the layers and nothing else. */
const mountFinished = (context: TreeContext, chain: Chain, scope: Scope): Promise<void> =>
  mountTree(context, { chain: { ...chain, keptMounts: [] }, staging: null, api: null }, scope);

const flushInBackground = (context: TreeContext): Promise<void> =>
  flushLayers(onTrack(context, 'flushing layers')).catch((error: unknown) =>
    warn(`layers are not flushed: ${String(error)}`),
  );

/** Layers are written without waiting for the disk; flushed while the outputs are made, they outlive a power cut. */
async function flushLayers({ host, store, unflushed }: TreeContext): Promise<void> {
  const ids = [...unflushed];
  if (ids.length === 0) return;
  const result = await host.run({ argv: ['sync', '--file-system', store.layers] });
  if (result.exitStatus === 0) await markDurable(store, ids);
}

async function makeWorkPaths(
  { plan, buildName }: WorkerOrder,
  store: TreeStore,
  scope: Scope,
): Promise<WorkPaths> {
  const work = join(store.work, buildName);
  await mkdir(work, { mode: 0o755 });
  scope.defer(`the directory ${work}`, async () => {
    await rm(work, { recursive: true, force: true });
    await rm(`${work}.lock`, { force: true });
  });
  const build = join(work, `dib_build.${uniqueOf(hostPath(work))}`);
  const paths = { work, build, hooks: join(build, 'hooks'), tree: join(build, 'mnt') };
  for (const path of [paths.hooks, paths.tree]) await mkdir(path, { recursive: true });
  const image = imageDirectory(plan.execution.temporaryDirectory, hostPath(work));
  await recordElsewhere(hostPath(work), image);
  await mkdir(image);
  scope.defer(`the directory ${image}`, () => rm(image, { recursive: true, force: true }));
  return {
    work: hostPath(work),
    build: hostPath(build),
    hooks: hostPath(paths.hooks),
    tree: hostPath(paths.tree),
    image,
  };
}

/** Called like those that mktemp makes of `dib_image.XXXXXX`, when the user says where; named after the build. */
function imageDirectory(temporary: HostPath | null, work: HostPath): HostPath {
  return hostPath(temporary === null ? join(work, 'image') : join(temporary, `dib_image.${uniqueOf(work)}`));
}

/** Scripts name files of their own after what follows the last dot of TMP_BUILD_DIR, as mktemp makes it: it is a word. */
const uniqueOf = (work: HostPath): string => basename(work).split('-')[1] ?? '';

await main();
