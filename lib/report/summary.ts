// SPDX-License-Identifier: Apache-2.0
import { isPhaseName, phaseNamed } from '../model/phases.ts';
import { stepName } from './history.ts';
import type { BuildHistory, EndedStep } from './history.ts';
import { countOf, formatBytes, formatSpan } from './quantities.ts';

const slowestShown = 5;

/** What a finished build has made and where its time went: aligned lines for a terminal or a log. */
export function summaryLines(history: BuildHistory): readonly string[] {
  return [
    ...section('Files', fileLines(history)),
    ...section('Time per phase', phaseLines(history)),
    ...section('Slowest hooks', slowestLines(history)),
    ...section('Layers', layerLines(history)),
    ...(history.totalMilliseconds === null ? [] : [`Total time: ${formatSpan(history.totalMilliseconds)}`]),
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

function slowestLines({ steps }: BuildHistory): readonly string[] {
  const slowest = steps
    .flatMap((step) => (step.milliseconds === null ? [] : [{ ...step, milliseconds: step.milliseconds }]))
    .sort((a, b) => b.milliseconds - a.milliseconds)
    .slice(0, slowestShown);
  return aligned(slowest.map((step) => [right(formatSpan(step.milliseconds)), stepName(step)]));
}

/** Hooks of phases that always run say nothing of where the cache ended, so they are not named. */
function layerLines({ steps, plannedSteps }: BuildHistory): readonly string[] {
  const ofTree = steps.filter((step) => step.step < plannedSteps);
  if (ofTree.length === 0) return [];
  const reused = ofTree.filter((step) => step.milliseconds === null).length;
  const firstNew = ofTree.find((step) => step.milliseconds !== null && isCached(step.phase));
  const start =
    firstNew === undefined
      ? 'no hook that can be reused had to run'
      : `the first to run: ${stepName(firstNew)}`;
  return [`${reused} of ${countOf(ofTree.length, 'hook')} reused; ${start}`];
}

const isCached = (phase: string): boolean => isPhaseName(phase) && phaseNamed(phase).cached;

type Cell = string | { readonly right: string };
const right = (text: string): Cell => ({ right: text });

/** Rows whose columns begin two blanks after the widest cell of the column before. */
function aligned(rows: readonly (readonly Cell[])[]): readonly string[] {
  const textOf = (cell: Cell): string => (typeof cell === 'string' ? cell : cell.right);
  const widths: number[] = [];
  for (const row of rows)
    row.forEach((cell, index) => (widths[index] = Math.max(widths[index] ?? 0, textOf(cell).length)));
  const fit = (cell: Cell, width: number): string =>
    typeof cell === 'string' ? cell.padEnd(width) : cell.right.padStart(width);
  return rows.map((row) =>
    row
      .map((cell, index) => fit(cell, widths[index] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
