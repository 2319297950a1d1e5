// SPDX-License-Identifier: Apache-2.0
import { MiB } from '../../lib/model/brands.ts';
import { median } from './statistics.ts';
import type { BenchRun, Result } from './results.ts';

type Figure = 'wallSeconds' | 'cpuSeconds';

/** What is asked of a measure: a ratio to another one, seconds, or memory of the builder over all measures. */
export type Limit =
  | {
      readonly kind: 'ratio';
      readonly figure: Figure;
      readonly of: string;
      readonly to: string;
      readonly atMost: number;
    }
  | { readonly kind: 'seconds'; readonly of: string; readonly atMost: number }
  | { readonly kind: 'peak'; readonly of: 'one image' | 'four'; readonly atMost: number };

/** A line of the table that says what must be reached. */
export type Row = { readonly name: string; readonly title: string; readonly limits: readonly Limit[] };

const against =
  (to: string) =>
  (of: string, atMost: number, figure: Figure = 'wallSeconds'): Limit => ({
    kind: 'ratio',
    figure,
    of,
    to,
    atMost,
  });

const toDebian = against('debian-again');

export const rows: readonly Row[] = [
  {
    name: 'cold',
    title: 'cold',
    limits: [against('debian-cold')('cold', 0.4), against('debian-cold')('cold', 0.5, 'cpuSeconds')],
  },
  { name: 'debs', title: '`.deb` files already in the cache', limits: [toDebian('debs', 0.35)] },
  {
    name: 'unchanged',
    title: 'nothing changed',
    limits: [toDebian('unchanged', 0.015), { kind: 'seconds', of: 'unchanged', atMost: 1.5 }],
  },
  { name: 'last-hook', title: 'last `install.d` hook changed', limits: [toDebian('last-hook', 0.06)] },
  { name: 'package', title: 'one package added to one element', limits: [toDebian('package', 0.3)] },
  {
    name: 'four',
    title: 'four images that share their first half, one command, to one of them',
    limits: [against('one-of-four')('four', 1.6)],
  },
  {
    name: 'formats',
    title: 'qcow2, raw, tar.zst and squashfs in one run, to qcow2 alone',
    limits: [against('debs')('formats', 1.25)],
  },
  {
    name: 'dry-run',
    title: '`--dry-run` of an image of forty elements',
    limits: [{ kind: 'seconds', of: 'dry-run', atMost: 0.35 }],
  },
  {
    name: 'memory',
    title: "greatest memory of the builder's own processes, one image",
    limits: [{ kind: 'peak', of: 'one image', atMost: 250 * MiB }],
  },
  {
    name: 'memory-four',
    title: 'the same, four images by one command',
    limits: [{ kind: 'peak', of: 'four', atMost: 250 * MiB }],
  },
];

/** The measures that a row is made of, but for memory, which is that of whatever was measured. */
export const measuresOf = (row: Row): readonly string[] =>
  row.limits.flatMap((limit) => {
    if (limit.kind === 'peak') return [];
    return limit.kind === 'ratio' ? [limit.of, limit.to] : [limit.of];
  });

/** How a limit was met: the medians, their ratio where one is asked for, and how many times the least often run was run. */
export type Verdict = {
  readonly limit: Limit;
  readonly measured: number;
  readonly comparedWith: number | null;
  /** What the limit is about: the ratio, else what was measured. */
  readonly value: number;
  readonly isReached: boolean;
  readonly times: number;
};

/** Null when one of the measures is missing. Builds of Debian's do not count for memory. */
export function judge(limit: Limit, { results }: BenchRun): Verdict | null {
  const figures = (name: string, figure: Figure): readonly number[] =>
    succeeded(results)
      .filter(({ measure }) => measure === name)
      .map(({ measurement }) => measurement[figure]);
  switch (limit.kind) {
    case 'ratio':
      return judgeRatio(limit, figures(limit.of, limit.figure), figures(limit.to, limit.figure));
    case 'seconds':
      return judgeValue(
        limit,
        median(figures(limit.of, 'wallSeconds')),
        figures(limit.of, 'wallSeconds').length,
      );
    case 'peak': {
      const peaks = succeeded(results)
        .filter(({ isDebian, measure }) => !isDebian && (measure === 'four') === (limit.of === 'four'))
        .map(({ measurement }) => measurement.peakOfBuilder);
      return judgeValue(limit, peaks.length === 0 ? null : Math.max(...peaks), peaks.length);
    }
  }
}

function judgeRatio(limit: Limit, of: readonly number[], to: readonly number[]): Verdict | null {
  const [measured, comparedWith] = [median(of), median(to)];
  if (measured === null || comparedWith === null) return null;
  const value = measured / comparedWith;
  const times = Math.min(of.length, to.length);
  return { limit, measured, comparedWith, value, isReached: value <= limit.atMost, times };
}

const judgeValue = (limit: Limit, value: number | null, times: number): Verdict | null =>
  value === null
    ? null
    : { limit, measured: value, comparedWith: null, value, isReached: value <= limit.atMost, times };

const succeeded = (results: readonly Result[]) => results.filter((result) => 'measurement' in result);
