// SPDX-License-Identifier: Apache-2.0
import { Chalk } from 'chalk';
import type { ChalkInstance } from 'chalk';
import type { BuildEvent } from '../model/event.ts';
import { unreachable } from '../model/unreachable.ts';
import { describeFailure } from './describe-failure.ts';
import type { FailureContext } from './describe-failure.ts';
import { settledLine } from './fit-width.ts';
import { describeMaking, emptyHistory, remember, stepName } from './history.ts';
import type { BuildHistory } from './history.ts';
import { createLiveArea } from './live-area.ts';
import { liveLines, startLive, updateLive } from './live-lines.ts';
import { formatSpan } from './quantities.ts';
import type { Reporter, ReporterOptions } from './reporter.ts';
import { describeSteps, summaryLines } from './summary.ts';
import { isTracingNoise } from './tracing-noise.ts';

/** Faster than this nobody sees; a hook may print thousands of lines a second. */
export const redrawMilliseconds = 80;

/** A picture on a terminal: one line for each finished phase, and below it what is going on, redrawn in place. */
export function ttyReporter(options: ReporterOptions): Reporter {
  const { write, columns, now, failure, trace, plan } = options;
  const palette = new Chalk({ level: options.color ? 1 : 0 });
  const area = createLiveArea(write, columns);
  let history = emptyHistory;
  let live = startLive;
  let isShown = true;
  let drawnAt = 0;

  const draw = (finished: readonly string[]): void => {
    drawnAt = now();
    area.draw(finished, liveLines(live, { history, columns: columns() - 1, now: drawnAt, palette }));
  };
  const stopTimer = (options.repeat ?? repeatInBackground)(redrawMilliseconds, () => {
    if (isShown && live.isBuilding) draw([]);
  });
  const blank = (finished: readonly string[]): void => area.draw(finished, []);

  return {
    event: (event) => {
      history = remember(history, event);
      live = updateLive(live, event);
      const finished = finishedLines(event, { history, palette, context: failure, trace, plan });
      if (event.kind === 'terminal') {
        isShown = !event.taken;
        if (event.taken) blank(finished);
        else draw(finished);
      } else if (!isShown) {
        if (finished.length > 0) write(finished.map((line) => `${line}\n`).join(''));
      } else if (finished.length > 0 || !live.isBuilding || now() - drawnAt >= redrawMilliseconds) {
        draw(finished);
      }
    },
    close: () => {
      stopTimer();
      if (isShown) blank([]);
      isShown = false;
    },
  };
}

/** A timer that keeps no process alive. */
export function repeatInBackground(milliseconds: number, tick: () => void): () => void {
  const timer = setInterval(tick, milliseconds);
  timer.unref();
  return () => clearInterval(timer);
}

type Telling = {
  readonly history: BuildHistory;
  readonly palette: ChalkInstance;
  readonly context: FailureContext;
  readonly trace: number;
  readonly plan: ReporterOptions['plan'];
};

/** Lines that stay on the screen after an event. */
function finishedLines(event: BuildEvent, telling: Telling): readonly string[] {
  const { history, palette, context, trace, plan } = telling;
  switch (event.kind) {
    case 'build-started':
      return [`Building ${palette.bold(event.name)}: ${event.steps} steps, isolation ${event.isolation}`];
    case 'phase-finished': {
      const hooks = describeSteps(history.steps.filter((step) => step.phase === event.phase));
      const time = formatSpan(event.milliseconds).padStart(11);
      return [`${palette.green('✔')} ${event.phase.padEnd(20)}${time}  ${palette.dim(hooks)}`.trimEnd()];
    }
    case 'step-finished':
    case 'step-reused':
    case 'program-started':
    case 'steps-counted':
    case 'output-started':
    case 'circumstance':
    case 'work-finished':
    case 'command-finished':
    case 'phase-started':
    case 'step-started':
    case 'step-waiting':
      return trace > 0 && event.kind === 'step-started' ? [palette.cyan(`▸ ${stepName(event)}`)] : [];
    case 'output':
      return trace > 0 && !isTracingNoise(event.text) ? [settledLine(event.text)] : [];
    case 'note':
      return event.text.split('\n').map((line) => `${palette.blue('·')} ${line}`);
    case 'warning':
      return event.text.split('\n').map((line) => `${palette.yellow('!')} ${line}`);
    case 'terminal':
      return event.taken ? [`${palette.cyan('▸')} A shell is opened: ${event.why}`] : [];
    case 'output-made': {
      return [`${palette.green('✔')} ${event.file} ${palette.dim(describeMaking(event))}`];
    }
    case 'build-failed': {
      const [first = '', ...rest] = describeFailure(event.failure, context).trimEnd().split('\n');
      return [palette.red(`✘ ${first}`), ...rest];
    }
    case 'build-finished':
      return ['', ...summaryLines(history, plan), palette.green('Build completed successfully')];
    default:
      return unreachable(event);
  }
}
