// SPDX-License-Identifier: Apache-2.0
import { closeSync, openSync, writeSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { chooseIsolation } from '../host/choose-isolation.ts';
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
import { keepStoreSmall } from './keep-store-small.ts';
import type { CommandLine } from './make-request.ts';
import type { SettingValues } from './settings.ts';
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
  const wanted = { isolation: commandLine.values.isolation, devicesBecause: devicesBecause(plan) };
  const chosen = await chooseIsolation(wanted, realHost, facts);
  if (!chosen.ok) return refuse(surroundings, chosen.problems);
  const log = openLog(commandLine);
  if (!log.ok) return refuse(surroundings, log.problems);
  try {
    return exitStatus(await carryOut(build, chosen.value, log.value));
  } finally {
    log.value.close();
  }
}

async function carryOut(build: Build, chosen: ChosenIsolation, log: Log): Promise<BuildEvent | null> {
  const { plan, facts, surroundings } = build;
  const reporter = openReporter(build, chosen, log);
  const say = (body: BuildEventBody): void => reporter.event({ at: Date.now(), ...body });
  for (const text of openingNotes(plan, chosen)) say({ kind: 'note', text });
  const state: State = { ending: null, isTerminalTaken: false, stop: new AbortController() };
  const release = surroundings.onInterrupt(() => interrupt(state, say, surroundings));
  const onEvent = (event: BuildEvent): void => follow(state, event, reporter);
  try {
    const { isolation } = chosen;
    await runWorker({ plan, isolation, cores: facts.cores, onEvent, stop: state.stop.signal });
    if (isolation !== 'sudo') await keepStoreSmall(plan, isolation);
  } finally {
    release();
    reporter.close();
  }
  return state.ending;
}

function refuse({ writeError }: Surroundings, problems: readonly Problem[]): number {
  writeError(describeProblems(problems));
  return 2;
}

type State = {
  ending: BuildEvent | null;
  /** While a shell has the terminal its Ctrl-C is none of ours. */
  isTerminalTaken: boolean;
  readonly stop: AbortController;
};

function follow(state: State, event: BuildEvent, reporter: Reporter): void {
  if (event.kind === 'terminal') state.isTerminalTaken = event.taken;
  if (event.kind === 'build-finished' || event.kind === 'build-failed') state.ending = event;
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

const devicesBecause = ({ disk }: BuildPlan): string | null =>
  disk?.madeWith.way === 'devices' ? disk.madeWith.reason : null;

const logPath = ({ values, request }: CommandLine): string | null =>
  values.logFile === null ? null : resolve(request.workingDirectory, values.logFile);

type Log = {
  readonly path: string | null;
  readonly write: (text: string) => void;
  readonly close: () => void;
};

/** What was written before stays; every line is in the file as soon as it was said. */
function openLog(commandLine: CommandLine): Result<Log> {
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
  { commandLine, surroundings }: Build,
  { isolation }: ChosenIsolation,
  log: Log,
): Reporter {
  const { values, request } = commandLine;
  const { write, writeError, columns, environment, isTerminal } = surroundings;
  if (log.path !== null && values.quiet !== true) write(`Output logs going to: ${log.path}\n`);
  return createReporter({
    style: reporterStyle(values, surroundings),
    ...(log.path === null ? {} : { logFile: log.write }),
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

function reporterStyle(values: SettingValues, { isTerminal, environment }: Surroundings): ReporterStyle {
  if (values.quiet === true) return 'none';
  if (values.progress !== 'auto') return values.progress;
  if (values.logFile !== null && values.quiet === null) return 'none';
  return isTerminal && environment['TERM'] !== 'dumb' ? 'tty' : 'plain';
}

const resumeCommand = ({ request: { program, argumentsAsGiven } }: CommandLine): string =>
  [basename(program), ...argumentsAsGiven.map(shellWord)].join(' ');
