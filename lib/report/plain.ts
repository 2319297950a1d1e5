// SPDX-License-Identifier: Apache-2.0
import type { BuildEvent } from '../model/event.ts';
import { unreachable } from '../model/unreachable.ts';
import { describeFailure } from './describe-failure.ts';
import { describeMaking, emptyHistory, remember, stepName } from './history.ts';
import type { BuildHistory } from './history.ts';
import { formatInstant, formatSpan } from './quantities.ts';
import type { Reporter, ReporterOptions } from './reporter.ts';
import { summaryLines } from './summary.ts';
import { isTracingNoise } from './tracing-noise.ts';

/** Whole lines for a file, a pipe or a CI log, in the form of contract §1.6: `YYYY-MM-DD HH:MM:SS.mmm | text`. */
export function plainReporter({ write, timestamps, failure, plan, image }: ReporterOptions): Reporter {
  const name = image === undefined ? '' : `${image} | `;
  let history = emptyHistory;
  return {
    event: (event) => {
      history = remember(history, event);
      const stamp = timestamps ? `${formatInstant(event.at)} | ` : '';
      const ending = image === undefined ? null : shortEnding(event);
      const text = (ending ?? linesOf(event, history, { failure, plan }))
        .flatMap((line) => line.split('\n'))
        .map((line) => `${stamp}${name}${line}\n`)
        .join('');
      if (text !== '') write(text);
    },
    close: () => undefined,
  };
}

/** Of several images one summary tells in the end. */
function shortEnding(event: BuildEvent): readonly string[] | null {
  if (event.kind === 'build-finished')
    return [`Build completed successfully in ${formatSpan(event.milliseconds)}`];
  if (event.kind === 'build-failed' && event.failure.kind === 'interrupted')
    return ['The build was interrupted.'];
  return null;
}

type Known = Pick<ReporterOptions, 'failure' | 'plan'>;

function linesOf(event: BuildEvent, history: BuildHistory, { failure, plan }: Known): readonly string[] {
  switch (event.kind) {
    case 'build-started':
      return [`Building ${event.name}: ${event.steps} steps, isolation ${event.isolation}`];
    case 'program-started':
    case 'steps-counted':
    case 'output-started':
    case 'circumstance':
    case 'work-finished':
    case 'command-finished':
      return [];
    case 'phase-started':
      return [`Phase ${event.phase} started`];
    case 'phase-finished':
      return [`Phase ${event.phase} finished in ${formatSpan(event.milliseconds)}`];
    case 'step-started':
      return [`${position(event.step, history)}${stepName(event)}: started`];
    case 'step-waiting':
      return [
        `${position(event.step, history)}${stepName(event)}: waiting for another build that makes this step`,
      ];
    case 'step-reused':
      return [`${position(event.step, history)}${stepName(event)}: reused`];
    case 'step-finished':
      return [
        `${position(event.step, history)}${stepName(event)}: finished in ${formatSpan(event.milliseconds)}`,
      ];
    case 'output':
      return isTracingNoise(event.text) ? [] : [event.text];
    case 'note':
      return [event.text];
    case 'warning':
      return [`WARNING: ${event.text}`];
    case 'terminal':
      return event.taken ? [`A shell is opened: ${event.why}`] : ['The shell has ended'];
    case 'output-made':
      return [`Image file ${event.file} created... (${describeMaking(event)})`];
    case 'build-failed':
      return describeFailure(event.failure, failure).trimEnd().split('\n');
    case 'build-finished':
      return ['', ...summaryLines(history, plan), 'Build completed successfully'];
    default:
      return unreachable(event);
  }
}

/** `[ 3/34] `; work after the tree has no place in the plan's count. */
function position(step: number, { plannedSteps }: BuildHistory): string {
  if (step >= plannedSteps) return '';
  const all = String(plannedSteps);
  return `[${String(step + 1).padStart(all.length)}/${all}] `;
}
