// SPDX-License-Identifier: Apache-2.0
import type { HostFacts } from '../host/gather-facts.ts';
import { runWorker } from '../host/launch-worker.ts';
import { storeKind } from '../host/isolation.ts';
import { bytes } from '../model/brands.ts';
import type { BuildEvent, BuildEventBody } from '../model/event.ts';
import type { BuildPlan } from '../model/plan.ts';
import type { Result } from '../model/problem.ts';
import { failed, success } from '../model/problem.ts';
import type { ImageBoard } from '../report/image-board.ts';
import { createImageBoard } from '../report/image-board.ts';
import type { BranchControl } from './branches.ts';
import { runBranches } from './branches.ts';
import { buildsAtOnce, measureRoom } from './build-limits.ts';
import type { Room } from './build-limits.ts';
import { keepStoreSmall } from './keep-store-small.ts';
import type { ReadyImage } from './plan-images.ts';
import type { Log } from './run-build.ts';
import { devicesBecause, openLog } from './run-build.ts';
import { openShow } from './show-images.ts';
import type { ImagesShow } from './show-images.ts';
import { sharedSteps } from './shared-steps.ts';
import type { Surroundings } from './surroundings.ts';
import { versionLine } from './surroundings.ts';

export type ImagesRun = {
  readonly images: readonly ReadyImage[];
  /** How many to build at once; null: what the machine has room for. */
  readonly jobs: number | null;
  readonly stopOnFailure: boolean;
  readonly facts: HostFacts;
  readonly surroundings: Surroundings;
};

/** Builds images and shows them. @returns the exit status: 0 all done, 1 some failed, 130 interrupted; or why a log cannot be written. */
export async function runImages(run: ImagesRun): Promise<Result<number>> {
  const logs = openLogs(run.images);
  if (!logs.ok) return logs;
  const board = createImageBoard(run.images.map(({ image }) => image.name));
  const show = openShow({ ...run, board, logs: logs.value });
  try {
    return success(await carryOut(run, board, show));
  } finally {
    for (const log of new Set(logs.value.values())) log.close();
  }
}

async function carryOut(run: ImagesRun, board: ImageBoard, show: ImagesShow): Promise<number> {
  const { images, surroundings, stopOnFailure } = run;
  const state: State = {
    isInterrupted: false,
    isTerminalTaken: false,
    startedAt: Date.now(),
    stop: new AbortController(),
  };
  const room = await measureRoom(
    images.map(({ plan }) => plan),
    run.facts.cores,
  );
  const turns = turnsFor(run, room);
  for (const text of [versionLine(), ...isolationNotes(images), ...turns.notes]) show.say(text);
  const release = surroundings.onInterrupt(() => interrupt(state, show, surroundings));
  const build = async (ready: ReadyImage, control: BranchControl): Promise<void> => {
    const ending = await buildOne(ready, {
      run,
      state,
      board,
      show,
      control,
      shares: { room, count: turns.count },
    });
    if (ending !== 'build-finished' && stopOnFailure) state.stop.abort();
  };
  try {
    await runBranches({
      branches: images,
      turns: turns.count,
      likeness: (one, other) => sharedSteps(one.plan, other.plan),
      run: build,
      isStopped: () => state.stop.signal.aborted,
    });
    await keepStoresSmall(images);
  } finally {
    release();
    show.close(Date.now() - state.startedAt);
  }
  if (state.isInterrupted) return 130;
  return board.images().every((image) => image.state === 'done') ? 0 : 1;
}

type State = {
  isInterrupted: boolean;
  /** While a shell has the terminal its Ctrl-C is none of ours. */
  isTerminalTaken: boolean;
  readonly startedAt: number;
  readonly stop: AbortController;
};

/** A shell wants the terminal for itself. */
function turnsFor(
  { images, jobs }: ImagesRun,
  room: Room,
): { readonly count: number; readonly notes: readonly string[] } {
  const asks = images.find(({ plan }) => wantsShell(plan));
  if (asks !== undefined)
    return { count: 1, notes: [`One image at a time, because ${asks.image.name} may open a shell`] };
  if (jobs !== null) return { count: jobs, notes: [] };
  const { count, because } = buildsAtOnce(room);
  return { count, notes: images.length > 1 ? [`At most ${count} at once: ${because}`] : [] };
}

const wantsShell = ({ execution: { debug } }: BuildPlan): boolean =>
  debug.shellOnFailure || debug.breakpoints.length > 0;

type OneBuild = {
  readonly run: ImagesRun;
  readonly state: State;
  readonly board: ImageBoard;
  readonly show: ImagesShow;
  readonly control: BranchControl;
  readonly shares: { readonly room: Room; readonly count: number };
};

async function buildOne(ready: ReadyImage, one: OneBuild): Promise<BuildEvent['kind']> {
  const { run, state, board, show, control } = one;
  const { name } = ready.image;
  let ending: BuildEvent['kind'] = 'build-failed';
  const onEvent = (event: BuildEvent): void => {
    if (event.kind === 'terminal') state.isTerminalTaken = event.taken;
    if (event.kind === 'step-waiting') control.handOn();
    board.follow(name, event);
    show.event(name, event);
    ending = event.kind;
  };
  const say = (body: BuildEventBody): void => onEvent({ at: Date.now(), ...body });
  for (const text of openingNotes(ready)) say({ kind: 'note', text });
  if (ready.commandLine.values.profile !== null) say({ kind: 'warning', text: NO_PROFILE });
  await runWorker({
    plan: planWithin(ready.plan, one),
    isolation: ready.isolation.isolation,
    cores: run.facts.cores,
    isProfiled: false,
    onEvent,
    stop: state.stop.signal,
    awaitTurn: () => {
      board.hold(name);
      return control.awaitTurn();
    },
  });
  return ending;
}

const isolationNotes = (images: readonly ReadyImage[]): readonly string[] => [
  ...new Set(
    images.map(({ isolation: { isolation, because } }) => `Isolation: ${isolation}, because ${because}`),
  ),
];

const NO_PROFILE =
  'DIB_PROFILE: profiles are written by disk-image-create alone, not where several images are built';

const openingNotes = ({ plan }: ReadyImage): readonly string[] => [
  ...plan.notes,
  `Building elements: ${plan.elements.map(({ name }) => name).join(' ')}`,
  ...[devicesBecause(plan)].flatMap((why) => (why === null ? [] : [`Loop devices, because ${why}`])),
];

/**
 * The plan for a build beside others. Each may keep its image in memory only within its part of what is free; and
 * with --no-cache what another image of this command has made is new enough.
 */
function planWithin(plan: BuildPlan, { state, shares: { room, count } }: OneBuild): BuildPlan {
  const { store } = plan.execution;
  const forImages = Math.max(0, room.memoryBytes - store.minTmpfs);
  const minTmpfs = bytes(Math.ceil(store.minTmpfs + (forImages * (count - 1)) / count));
  const sinceStart = (Date.now() - state.startedAt) / 1000;
  const age = store.reuse ? {} : { reuse: true, maxAgeSeconds: sinceStart };
  return { ...plan, execution: { ...plan.execution, store: { ...store, ...age, minTmpfs } } };
}

/** The first time all workers are asked to give everything back and end; the second time they die with this process. */
function interrupt(state: State, show: ImagesShow, { quit }: Surroundings): void {
  if (state.isTerminalTaken) return;
  if (state.isInterrupted) quit(130);
  state.isInterrupted = true;
  show.say('Interrupted: stopping. Once more stops at once.');
  state.stop.abort();
}

/** Images may share a log file: it is opened once. */
function openLogs(images: readonly ReadyImage[]): Result<ReadonlyMap<string, Log>> {
  const byPath = new Map<string | null, Log>();
  const logs = new Map<string, Log>();
  for (const { commandLine, image } of images) {
    const opened = openLog(commandLine);
    if (!opened.ok) return failed(...opened.problems);
    const known = byPath.get(opened.value.path);
    if (known !== undefined) opened.value.close();
    byPath.set(opened.value.path, known ?? opened.value);
    logs.set(image.name, known ?? opened.value);
  }
  return success(logs);
}

async function keepStoresSmall(images: readonly ReadyImage[]): Promise<void> {
  const stores = new Map(
    images.map((ready) => [
      `${storeKind(ready.isolation.isolation)} ${ready.plan.execution.store.cacheDirectory}`,
      ready,
    ]),
  );
  for (const { plan, isolation } of stores.values())
    if (isolation.isolation !== 'sudo') await keepStoreSmall(plan, isolation.isolation);
}
