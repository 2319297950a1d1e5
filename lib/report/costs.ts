// SPDX-License-Identifier: Apache-2.0
import type { BuildEvent } from '../model/event.ts';
import type { Usage } from '../model/usage.ts';
import { cpuMilliseconds } from '../model/usage.ts';
import { stepName } from './history.ts';
import type { BuildHistory, EndedStep } from './history.ts';

/** One thing that took time. */
export type Cost = CostOrigin & {
  readonly name: string;
  readonly milliseconds: number;
  /** Of the whole time, 0 to 1. */
  readonly share: number;
  /** Of one core while it lasted: 1 is one core, busy. Null: not known, or not of this alone. */
  readonly cpuShare: number | null;
};

/** What it is, for advice. */
export type CostOrigin =
  | { readonly kind: 'start' }
  | { readonly kind: 'hook'; readonly step: EndedStep }
  | { readonly kind: 'disk' }
  | { readonly kind: 'output'; readonly output: OutputMade };

type OutputMade = Extract<BuildEvent, { kind: 'output-made' }>;

type Spent = CostOrigin & {
  readonly name: string;
  readonly milliseconds: number;
  readonly usage?: Usage | undefined;
};

/** From the command's start to the end; null until a build has succeeded. */
export function wholeTime({ moments, totalMilliseconds }: BuildHistory): number | null {
  if (totalMilliseconds === null) return null;
  return moments.start === null || moments.end === null ? totalMilliseconds : moments.end - moments.start;
}

/** What took time, the costliest first. */
export function costsOf(history: BuildHistory): readonly Cost[] {
  const whole = wholeTime(history) ?? 0;
  const spent = [
    ...startOf(history),
    ...history.steps.flatMap(hookOf),
    ...history.phases.flatMap(diskOf),
    ...history.outputs.map(outputOf),
  ];
  return spent
    .map(({ usage, ...cost }) => ({
      ...cost,
      share: whole === 0 ? 0 : cost.milliseconds / whole,
      cpuShare: cpuShareOf(usage, cost.milliseconds),
    }))
    .sort((a, b) => b.milliseconds - a.milliseconds);
}

function startOf({ moments: { start, firstPhase } }: BuildHistory): readonly Spent[] {
  if (start === null || firstPhase === null) return [];
  return [{ kind: 'start', name: 'planning and starting', milliseconds: firstPhase - start }];
}

function hookOf(step: EndedStep): readonly Spent[] {
  const { milliseconds, usage } = step;
  return milliseconds === null ? [] : [{ kind: 'hook', step, name: stepName(step), milliseconds, usage }];
}

function diskOf({ phase, milliseconds, usage }: BuildHistory['phases'][number]): readonly Spent[] {
  return phase === 'disk' ? [{ kind: 'disk', name: 'making the disk', milliseconds, usage }] : [];
}

function outputOf(output: OutputMade): Spent {
  const { format, milliseconds, usage, isReused } = output;
  const name = `${isReused ? 'copying' : 'making'} ${format}`;
  return { kind: 'output', output, name, milliseconds, usage };
}

function cpuShareOf(usage: Usage | undefined, milliseconds: number): number | null {
  if (usage === undefined || usage.isShared || milliseconds <= 0) return null;
  return cpuMilliseconds(usage) / milliseconds;
}
