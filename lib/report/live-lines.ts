// SPDX-License-Identifier: Apache-2.0
import type { ChalkInstance } from 'chalk';
import type { BuildEvent } from '../model/event.ts';
import { cutToWidth, displayWidth, settledLine } from './fit-width.ts';
import { stepName } from './history.ts';
import type { BuildHistory } from './history.ts';
import { formatSpan } from './quantities.ts';
import { isTracingNoise } from './tracing-noise.ts';

/** What goes on at this moment. */
export type Live = {
  /** Between the first event and the one that ends the build. */
  readonly isBuilding: boolean;
  readonly startedAt: number;
  readonly phases: readonly { readonly phase: string; readonly since: number }[];
  readonly running: readonly RunningStep[];
  /** What was printed last, empty when nothing was since the last step began. */
  readonly lastLine: string;
};

type RunningStep = {
  readonly step: number;
  readonly name: string;
  readonly phase: string;
  readonly since: number;
};

export const startLive: Live = { isBuilding: false, startedAt: 0, phases: [], running: [], lastLine: '' };

export function updateLive(live: Live, event: BuildEvent): Live {
  switch (event.kind) {
    case 'build-started':
      return { ...live, isBuilding: true, startedAt: event.at };
    case 'phase-started':
      return { ...live, phases: [...live.phases, { phase: event.phase, since: event.at }], lastLine: '' };
    case 'phase-finished':
      return { ...live, phases: live.phases.filter(({ phase }) => phase !== event.phase), lastLine: '' };
    case 'step-started':
      return withRunning(live, event, stepName(event));
    case 'step-waiting':
      return withRunning(live, event, `waiting for another build: ${stepName(event)}`);
    case 'step-finished':
    case 'step-reused':
      return { ...live, running: live.running.filter(({ step }) => step !== event.step) };
    case 'output': {
      const lastLine = settledLine(event.text);
      return lastLine === '' || isTracingNoise(lastLine) ? live : { ...live, lastLine };
    }
    case 'build-failed':
    case 'build-finished':
      return { ...startLive };
    case 'program-started':
    case 'steps-counted':
    case 'output-started':
    case 'circumstance':
    case 'work-finished':
    case 'command-finished':
    case 'note':
    case 'warning':
    case 'terminal':
    case 'output-made':
      return live;
  }
}

function withRunning(live: Live, { step, phase, at }: StepEvent, name: string): Live {
  const others = live.running.filter((running) => running.step !== step);
  return { ...live, running: [...others, { step, phase, name, since: at }], lastLine: '' };
}

type StepEvent = Extract<BuildEvent, { kind: 'step-started' | 'step-waiting' }>;

export type LivePicture = {
  readonly history: BuildHistory;
  /** Room in a line. */
  readonly columns: number;
  readonly now: number;
  readonly palette: ChalkInstance;
};

const runningShown = 4;

/** The live area: each running hook with its time, the last line printed, and how far the plan has come. */
export function liveLines(live: Live, picture: LivePicture): readonly string[] {
  if (!live.isBuilding) return [];
  const { columns, palette } = picture;
  const more = live.running.length - runningShown;
  return [
    ...activities(live)
      .slice(0, runningShown)
      .map((activity) => activityLine(activity, picture)),
    ...(more > 0 ? [cutToWidth(`  and ${more} more`, columns)] : []),
    ...(live.lastLine === '' ? [] : [palette.dim(cutToWidth(`  │ ${live.lastLine}`, columns))]),
    progressLine(live, picture),
  ];
}

type Activity = { readonly name: string; readonly since: number };

/** Phases between or without hooks, such as making the disk, stand for themselves. */
export function activities({ running, phases }: Live): readonly Activity[] {
  const idle = phases.filter(({ phase }) => !running.some((step) => step.phase === phase));
  return [...running, ...idle.map(({ phase, since }) => ({ name: phase, since }))];
}

export const spinnerAt = (now: number): string => spinner[Math.floor(now / 80) % spinner.length] ?? '';

const spinner = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

function activityLine({ name, since }: Activity, { columns, now, palette }: LivePicture): string {
  const time = formatSpan(now - since);
  const room = columns - 3 - time.length;
  if (room < 8) return palette.cyan(cutToWidth(name, columns));
  const shown = cutToWidth(name, room - 1);
  return `${palette.cyan(spinnerAt(now))} ${shown}${' '.repeat(room - displayWidth(shown))} ${palette.dim(time)}`;
}

const barWidth = 24;

function progressLine(live: Live, { history, columns, now, palette }: LivePicture): string {
  const all = history.plannedSteps;
  const done = history.steps.filter(({ step }) => step < all).length;
  const reused = history.steps.filter(({ milliseconds }) => milliseconds === null).length;
  const words = [
    `${done} of ${all} steps`,
    ...(reused > 0 ? [`${reused} reused`] : []),
    ...live.phases.slice(0, 1).map(({ phase }) => phase),
    `${formatSpan(now - live.startedAt)} in all`,
  ].join(' · ');
  if (columns < barWidth + 2 + words.length) return cutToWidth(words, columns);
  const full = all === 0 ? barWidth : Math.round((barWidth * Math.min(done, all)) / all);
  return `${palette.green('━'.repeat(full))}${palette.dim('─'.repeat(barWidth - full))}  ${words}`;
}
