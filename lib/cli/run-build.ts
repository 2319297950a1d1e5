// SPDX-License-Identifier: Apache-2.0
import { closeSync, openSync, writeSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { chooseIsolation } from '../host/choose-isolation.ts';
import { now } from '../host/clock.ts';
import type { ChosenIsolation } from '../host/choose-isolation.ts';
import type { HostFacts } from '../host/gather-facts.ts';
import { runWorker } from '../host/launch-worker.ts';
import { realHost } from '../host/real-host.ts';
import type { BuildEvent, BuildEventBody } from '../model/event.ts';
import type { BuildPlan } from '../model/plan.ts';
import { failed, success } from '../model/problem.ts';
import type { Problem, Result } from '../model/problem.ts';
import { shellWord } from '../report/describe-failure.ts';
import { describeProblems } from '../report/describe-problems.ts';
import { createReporter } from '../report/index.ts';
import type { ReporterStyle } from '../report/index.ts';
import type { Reporter } from '../report/reporter.ts';
import { checkHost } from './check-host.ts';
import { exitStatusOf } from './exit-status.ts';
import { isStored, keepStoreSmall } from './keep-store-small.ts';
import type { CommandLine } from './make-request.ts';
import type { ProfileFile } from './profile-file.ts';
import { openProfile } from './profile-file.ts';
import type { SettingValues } from './settings.ts';
import { done, programStart, startEvents } from './start-times.ts';
import type { Surroundings } from './surroundings.ts';
import { versionLine } from './surroundings.ts';

export type Build = {
  readonly plan: BuildPlan;
  readonly commandLine: CommandLine;
  readonly facts: HostFacts;
  readonly surroundings: Surroundings;
};

/** Carries a plan out and shows it. @returns the exit status: 0 done, 1 failed, 2 cannot be done here, 130 interrupted. */
export async function runBuild(build: Build): Promise<number> {
  const { plan, commandLine, facts, surroundings } = build;
  const lacks = await checkHost(plan, facts, logPath(commandLine));
  if (lacks.length > 0) return refuse(surroundings, lacks);
  done('looking for what is needed');
  const wanted = { isolation: commandLine.values.isolation, devicesBecause: devicesBecause(plan) };
  const chosen = await chooseIsolation(wanted, realHost, facts);
  if (!chosen.ok) return refuse(surroundings, chosen.problems);
  done('choosing the isolation');
  const files = openFiles(commandLine);
  if (!files.ok) return refuse(surroundings, files.problems);
  try {
    return exitStatus(await carryOut(build, chosen.value, files.value));
  } finally {
    files.value.close();
  }
}

async function carryOut(build: Build, chosen: ChosenIsolation, files: Files): Promise<BuildEvent | null> {
  const { plan, facts, surroundings } = build;
  const reporter = openReporter(build, chosen, files);
  const say = (body: BuildEventBody): void => reporter.event({ at: now(), ...body });
  reporter.event({ at: programStart(), kind: 'program-started' });
  const isProfiled = files.profile !== null;
  if (isProfiled) startEvents().forEach(reporter.event);
  for (const text of openingNotes(plan, chosen)) say({ kind: 'note', text });
  const state: State = {
    ending: null,
    isTerminalTaken: false,
    hasStored: false,
    stop: new AbortController(),
  };
  const release = surroundings.onInterrupt(() => interrupt(state, say, surroundings));
  const onEvent = (event: BuildEvent): void => follow(state, event, reporter);
  const timed = <T>(title: string, work: () => Promise<T>): Promise<T> =>
    isProfiled ? tellTime(title, work, say) : work();
  try {
    const { isolation } = chosen;
    const { cores } = facts;
    const { signal: stop } = state.stop;
    await timed('the worker', () => runWorker({ plan, isolation, cores, isProfiled, onEvent, stop }));
    if (isolation !== 'sudo' && state.hasStored)
      await timed('keeping the store small', () => keepStoreSmall(plan, isolation));
  } finally {
    release();
    reporter.close();
  }
  return state.ending;
}

/** For the profile: what the command itself waits for. */
async function tellTime<T>(
  title: string,
  work: () => Promise<T>,
  say: (body: BuildEventBody) => void,
): Promise<T> {
  const startedAt = now();
  const of = { kind: 'work-finished', process: 'command', track: null, title, usage: null } as const;
  try {
    return await work();
  } finally {
    say({ ...of, startedAt, endedAt: now() });
  }
}

function refuse({ writeError }: Surroundings, problems: readonly Problem[]): number {
  writeError(describeProblems(problems));
  return 2;
}

type State = {
  ending: BuildEvent | null;
  /** While a shell has the terminal its Ctrl-C is none of ours. */
  isTerminalTaken: boolean;
  /** Only then the store can have become too large. */
  hasStored: boolean;
  readonly stop: AbortController;
};

function follow(state: State, event: BuildEvent, reporter: Reporter): void {
  if (event.kind === 'terminal') state.isTerminalTaken = event.taken;
  if (event.kind === 'build-finished' || event.kind === 'build-failed') state.ending = event;
  if (isStored(event)) state.hasStored = true;
  reporter.event(event);
}

/** The first time the worker is asked to give everything back and end; the second time it dies with this process. */
function interrupt(state: State, say: (body: BuildEventBody) => void, { quit }: Surroundings): void {
  if (state.isTerminalTaken) return;
  if (state.stop.signal.aborted) quit(130);
  say({ kind: 'note', text: 'Interrupted: stopping. Once more stops at once.' });
  state.stop.abort();
}

function exitStatus(ending: BuildEvent | null): number {
  if (ending?.kind === 'build-finished') return 0;
  return ending?.kind === 'build-failed' ? exitStatusOf(ending.failure) : 1;
}

const openingNotes = (plan: BuildPlan, { isolation, because }: ChosenIsolation): readonly string[] => [
  versionLine(),
  ...plan.notes,
  `Building elements: ${plan.elements.map(({ name }) => name).join(' ')}`,
  `Isolation: ${isolation}, because ${because}`,
  ...[devicesBecause(plan)].flatMap((why) => (why === null ? [] : [`Loop devices, because ${why}`])),
];

/** Why it needs loop devices; null: it does not. */
export const devicesBecause = ({ disk }: BuildPlan): string | null =>
  disk?.madeWith.way === 'devices' ? disk.madeWith.reason : null;

/** Absolute; null: no log is kept. */
export const logPath = (commandLine: CommandLine): string | null =>
  pathFrom(commandLine, commandLine.values.logFile);

const pathFrom = ({ request }: CommandLine, given: string | null): string | null =>
  given === null ? null : resolve(request.workingDirectory, given);

/** A log file, or none. */
export type Log = {
  readonly path: string | null;
  readonly write: (text: string) => void;
  readonly close: () => void;
};

/** What is written besides what the user looks at. */
type Files = {
  readonly log: Log;
  /** Null: none is wanted. */
  readonly profile: ProfileFile | null;
  readonly close: () => void;
};

function openFiles(commandLine: CommandLine): Result<Files> {
  const log = openLog(commandLine);
  if (!log.ok) return log;
  const path = pathFrom(commandLine, commandLine.values.profile);
  const profile = path === null ? success(null) : openProfile(path);
  if (!profile.ok) {
    log.value.close();
    return profile;
  }
  const close = (): void => {
    log.value.close();
    profile.value?.close();
  };
  return success({ log: log.value, profile: profile.value, close });
}

/** What was written before stays; every line is in the file as soon as it was said. */
export function openLog(commandLine: CommandLine): Result<Log> {
  const path = logPath(commandLine);
  if (path === null) return success({ path, write: () => undefined, close: () => undefined });
  try {
    const descriptor = openSync(path, 'a');
    return success({
      path,
      write: (text) => writeSync(descriptor, text),
      close: () => closeSync(descriptor),
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return failed({ message: `--logfile: cannot write ${path}: ${reason}` });
  }
}

function openReporter(
  { plan, commandLine, surroundings }: Build,
  { isolation }: ChosenIsolation,
  { log, profile }: Files,
): Reporter {
  const { values, request } = commandLine;
  const { write, writeError, columns, environment, isTerminal } = surroundings;
  if (log.path !== null && values.quiet !== true) write(`Output logs going to: ${log.path}\n`);
  return createReporter({
    style: reporterStyle(values, surroundings),
    ...(log.path === null ? {} : { logFile: log.write }),
    ...(profile === null ? {} : { profile: profile.append }),
    plan,
    environment: request.environment,
    write,
    writeError,
    columns,
    now: () => Date.now(),
    timestamps: !values.noTimestamp,
    color: isTerminal && !environment['NO_COLOR'] && environment['TERM'] !== 'dumb',
    trace: values.trace,
    failure: {
      logFile: log.path,
      resumeCommand: surroundings.calledAs ?? resumeCommand(commandLine),
      isolation,
    },
  });
}

/** How a build is shown when nobody said, too. */
export function reporterStyle(
  values: SettingValues,
  { isTerminal, environment }: Surroundings,
): ReporterStyle {
  if (values.quiet === true) return 'none';
  if (values.progress !== 'auto') return values.progress;
  if (values.logFile !== null && values.quiet === null) return 'none';
  return isTerminal && environment['TERM'] !== 'dumb' ? 'tty' : 'plain';
}

const resumeCommand = ({ request: { program, argumentsAsGiven } }: CommandLine): string =>
  [basename(program), ...argumentsAsGiven.map(shellWord)].join(' ');
