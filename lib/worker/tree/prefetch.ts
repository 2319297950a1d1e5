// SPDX-License-Identifier: Apache-2.0
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { CommandResult } from '../../host/host.ts';
import type { BuildPlan } from '../../model/plan.ts';
import type { PhaseName } from '../../model/phases.ts';
import { phases } from '../../model/phases.ts';
import type { WorkerContext } from '../context.ts';
import { onTrack } from '../measure.ts';
import { runCompanion } from '../run-companion.ts';
import { scriptsIn } from './cache-key-hooks.ts';
import { hostEnvironment } from './run-hook.ts';

const DIRECTORY = 'prefetch.d';
const GRACE_MILLISECONDS = 3000;

/** To be called before a step is carried out that no layer answers: whatever comes after it will be carried out too. */
export type Prefetch = (step: Ahead) => Promise<void>;

type Ahead = { readonly phase: PhaseName; readonly element: string };

/**
 * Starts, once, the elements' `prefetch.d` scripts beside the steps. They fetch what later calls of install-packages
 * will ask for; what they do is nobody's condition, so a failure is a note. They end with the build at the latest.
 */
export function preparePrefetch(context: WorkerContext): Prefetch {
  let isStarted = false;
  return async (step) => {
    if (isStarted) return;
    isStarted = true;
    const calls = callsAfter(context.plan, step);
    if (calls.length === 0 || isOffline(context.plan)) return;
    const scripts = await scriptsIn(context, DIRECTORY);
    if (scripts.length === 0) return;
    const file = join(context.paths.work, 'packages-ahead');
    await writeFile(file, calls.map((words) => `${words.join(' ')}\n`).join(''));
    for (const script of scripts) startScript(context, script, file);
  };
}

const isOffline = ({ environment }: BuildPlan): boolean => (environment['DIB_OFFLINE'] ?? '') !== '';

/** The words of each call of install-packages that is known to come, in their order. */
export function callsAfter(
  { packages, tree }: Pick<BuildPlan, 'packages' | 'tree'>,
  { phase, element }: Ahead,
): readonly (readonly string[])[] {
  const at = phases.findIndex(({ name }) => name === phase);
  return phases.flatMap(({ name }, index) => {
    const ofElements = packages.filter((entry) => index > at && entry.phase === name);
    const asked = tree.flatMap((step) => (step.kind === 'packages' && step.phase === name ? [step] : []));
    // Only `-p` belongs to no element.
    const isToCome = index > at || (index === at && element !== '');
    const calls = [ofElements.flatMap(({ install }) => install), ...asked.map(({ install }) => install)];
    return calls.filter((words, call) => words.length > 0 && (call === 0 || isToCome));
  });
}

function startScript(context: WorkerContext, script: string, calls: string): void {
  const { hooks } = context.paths;
  const running = { session: 0, isEnding: false };
  const ended = runCompanion(onTrack(context, `${DIRECTORY}/${script}`), {
    argv: ['nice', join(hooks, 'run-hook'), hooks, DIRECTORY, script],
    cwd: context.plan.execution.workingDirectory,
    environment: { ...hostEnvironment(context, 'extra-data.d'), DIB_PACKAGES_AHEAD: calls },
    onSession: (session) => {
      running.session = session;
    },
  }).then((result) => {
    if (result.exitStatus !== 0 && !running.isEnding) sayWhyNot(context, script, result);
  });
  context.scope.defer(`${DIRECTORY}/${script}`, () => {
    running.isEnding = true;
    return endSession(context, running.session, ended);
  });
}

function sayWhyNot({ report, stop }: WorkerContext, script: string, { lastLines }: CommandResult): void {
  if (stop.aborted) return;
  const why = lastLines.at(-1) ?? 'it said nothing';
  report({ kind: 'note', text: `${DIRECTORY}/${script}: packages are not fetched ahead: ${why}` });
}

/** Asked first: a download that is told to end can be gone on with. */
async function endSession(
  { companions }: WorkerContext,
  session: number,
  ended: Promise<void>,
): Promise<void> {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    if (!companions.has(session)) break;
    killGroup(session, signal);
    await Promise.race([ended, wait(GRACE_MILLISECONDS, null, { ref: false })]);
  }
}

function killGroup(leader: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-leader, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
