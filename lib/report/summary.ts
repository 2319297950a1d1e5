// SPDX-License-Identifier: Apache-2.0
import { isCachedPhase } from '../model/phases.ts';
import { adviceOn } from './advice.ts';
import type { AskedFor } from './advice.ts';
import { costsOf, wholeTime } from './costs.ts';
import type { Cost } from './costs.ts';
import { aligned, right } from './aligned.ts';
import { stepName } from './history.ts';
import type { BuildHistory, EndedStep } from './history.ts';
import { countOf, formatBytes, formatSpan } from './quantities.ts';

/**
 * What a finished build has made and where its time went: aligned lines for a terminal or a log.
 * @param plan Without it nothing is said of what would cost less.
 */
export function summaryLines(history: BuildHistory, plan?: AskedFor): readonly string[] {
  return [
    ...section('Files', fileLines(history)),
    ...section('Time per phase', phaseLines(history)),
    ...section('Where most of the time went', costLines(history, plan)),
    ...section('Layers', layerLines(history)),
    ...[wholeTime(history)].flatMap((time) => (time === null ? [] : [`Total time: ${formatSpan(time)}`])),
  ];
}

const section = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : [`${title}:`, ...lines.map((line) => `  ${line}`), ''];

function fileLines({ outputs }: BuildHistory): readonly string[] {
  const table = aligned(
    outputs.map(({ file, format, bytes, allocatedBytes }) => [
      file,
      format,
      right(formatBytes(bytes)),
      right(`${formatBytes(allocatedBytes)} on disk`),
    ]),
  );
  return outputs.flatMap(({ checksums }, index) => [
    table[index] ?? '',
    ...aligned(Object.entries(checksums)).map((line) => `  ${line}`),
  ]);
}

function phaseLines({ phases, steps }: BuildHistory): readonly string[] {
  return aligned(
    phases.map(({ phase, milliseconds }) => [
      phase,
      right(formatSpan(milliseconds)),
      describeSteps(steps.filter((step) => step.phase === phase)),
    ]),
  );
}

/** `3 hooks, 2 reused`; nothing for a phase without hooks. */
export function describeSteps(steps: readonly EndedStep[]): string {
  const reused = steps.filter((step) => step.milliseconds === null).length;
  if (steps.length === 0) return '';
  const total = countOf(steps.length, 'hook');
  if (reused === 0) return total;
  return reused === steps.length ? `${total}, all reused` : `${total}, ${reused} reused`;
}

const costsShown = 3;
/** A build that takes less than this needs no advice. */
const WORTH_TELLING_MILLISECONDS = 3000;
/** What takes less of the whole is not worth a line, or a hint. */
const worthALine = 0.03;
const worthAdvice = 0.1;

function costLines(history: BuildHistory, plan: AskedFor | undefined): readonly string[] {
  if ((wholeTime(history) ?? 0) < WORTH_TELLING_MILLISECONDS) return [];
  const costs = costsOf(history)
    .filter(({ share }) => share >= worthALine)
    .slice(0, costsShown);
  const isCpuKnown = costs.some(({ cpuShare }) => cpuShare !== null);
  const table = aligned(
    costs.map(({ name, milliseconds, share, cpuShare }) => [
      right(formatSpan(milliseconds)),
      right(formatPercent(share)),
      ...(isCpuKnown ? [right(cpuShare === null ? '' : `CPU ${formatPercent(cpuShare)}`)] : []),
      name,
    ]),
  );
  const advice = costs.map((cost) => adviceFor(cost, history, plan));
  // What is true of several things is said once.
  const isNew = (text: string, index: number): boolean => advice.indexOf(text) === index;
  return table.flatMap((line, index) => {
    const text = advice[index] ?? null;
    return text !== null && isNew(text, index) ? [line, `    ${text}`] : [line];
  });
}

function adviceFor(cost: Cost, history: BuildHistory, plan: AskedFor | undefined): string | null {
  return plan === undefined || cost.share < worthAdvice ? null : adviceOn(cost, { plan, history });
}

const formatPercent = (share: number): string => `${Math.round(share * 100)} %`;

/** Hooks of phases that always run say nothing of where the cache ended, so they are not named. */
function layerLines({ steps, plannedSteps }: BuildHistory): readonly string[] {
  const ofTree = steps.filter((step) => step.step < plannedSteps);
  if (ofTree.length === 0) return [];
  const reused = ofTree.filter((step) => step.milliseconds === null).length;
  const firstNew = ofTree.find((step) => step.milliseconds !== null && isCachedPhase(step.phase));
  const start =
    firstNew === undefined
      ? 'no hook that can be reused had to run'
      : `the first to run: ${stepName(firstNew)}`;
  return [`${reused} of ${countOf(ofTree.length, 'hook')} reused; ${start}`];
}
