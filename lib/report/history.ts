// SPDX-License-Identifier: Apache-2.0
import type { BuildEvent, Circumstance } from '../model/event.ts';
import type { Usage } from '../model/usage.ts';
import { addUsage, noUsage } from '../model/usage.ts';
import { formatBytes, formatSpan } from './quantities.ts';

type OutputMade = Extract<BuildEvent, { kind: 'output-made' }>;

/** What has happened so far: the fold of all events. */
export type BuildHistory = {
  readonly name: string;
  /** Of the plan's tree, with what hooks have added to it; later work is numbered from here on. */
  readonly plannedSteps: number;
  readonly phases: readonly EndedPhase[];
  /** Finished ones, in the order they ended. */
  readonly steps: readonly EndedStep[];
  readonly outputs: readonly OutputMade[];
  /** Null until the build has succeeded. */
  readonly totalMilliseconds: number | null;
  /** Milliseconds since the epoch: the command's start, the first phase, the end; null: not yet, or nobody said. */
  readonly moments: Moments;
  /** Each once. */
  readonly circumstances: readonly Circumstance[];
};

type Moments = {
  readonly start: number | null;
  readonly firstPhase: number | null;
  readonly end: number | null;
};

type EndedPhase = { readonly phase: string; readonly milliseconds: number; readonly usage?: Usage };

export type EndedStep = {
  readonly step: number;
  readonly phase: string;
  readonly title: string;
  readonly element: string;
  /** Null: reused, did not run. */
  readonly milliseconds: number | null;
  readonly usage?: Usage;
};

export const emptyHistory: BuildHistory = {
  name: '',
  plannedSteps: 0,
  phases: [],
  steps: [],
  outputs: [],
  totalMilliseconds: null,
  moments: { start: null, firstPhase: null, end: null },
  circumstances: [],
};

export function remember(history: BuildHistory, event: BuildEvent): BuildHistory {
  switch (event.kind) {
    case 'program-started':
      return { ...history, moments: { ...history.moments, start: event.at } };
    case 'build-started':
      return {
        ...history,
        name: event.name,
        plannedSteps: event.steps,
        moments: { ...history.moments, start: history.moments.start ?? event.at },
      };
    case 'steps-counted':
      return { ...history, plannedSteps: event.steps };
    case 'phase-started':
      return {
        ...history,
        moments: { ...history.moments, firstPhase: history.moments.firstPhase ?? event.at },
      };
    case 'phase-finished':
      return { ...history, phases: withPhase(history.phases, event) };
    case 'step-reused':
      return { ...history, steps: [...history.steps, { ...event, milliseconds: null }] };
    case 'step-finished':
      return { ...history, steps: [...history.steps, event] };
    case 'output-made':
      return { ...history, outputs: [...history.outputs, event] };
    case 'build-finished':
      return {
        ...history,
        totalMilliseconds: event.milliseconds,
        moments: { ...history.moments, end: event.at },
      };
    case 'circumstance':
      return { ...history, circumstances: [...new Set([...history.circumstances, event.what])] };
    case 'work-finished':
    case 'command-finished':
    case 'output-started':
    case 'step-started':
    case 'step-waiting':
    case 'output':
    case 'note':
    case 'warning':
    case 'terminal':
    case 'build-failed':
      return history;
  }
}

/** One that comes in two parts, as the outputs of a tree and of a disk do, is one phase. */
function withPhase(
  phases: readonly EndedPhase[],
  { phase, milliseconds, usage }: EndedPhase,
): readonly EndedPhase[] {
  const index = phases.findIndex((known) => known.phase === phase);
  const before = phases[index];
  const sum = {
    phase,
    milliseconds: milliseconds + (before?.milliseconds ?? 0),
    ...(usage === undefined || (before !== undefined && before.usage === undefined)
      ? {}
      : { usage: addUsage(before?.usage ?? noUsage, usage) }),
  };
  return index < 0 ? [...phases, sum] : phases.with(index, sum);
}

/** The name a step is shown under: `install.d/50-x (openssh-server)`. */
export const stepName = ({ title, element }: Pick<EndedStep, 'title' | 'element'>): string =>
  element === '' ? title : `${title} (${element})`;

/** What is said of an output: `312.5 MiB in 2.0 s`. */
export const describeMaking = ({ bytes, milliseconds, isReused }: OutputMade): string =>
  `${formatBytes(bytes)} in ${formatSpan(milliseconds)}${isReused ? ', unchanged: copied from the cache' : ''}`;
