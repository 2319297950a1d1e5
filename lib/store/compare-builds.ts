// SPDX-License-Identifier: Apache-2.0
import type { Answer, BuildRecord, RecordedStep } from './build-record.ts';

/** What makes the second of two builds another one, as far as keys know. */
export type Comparison = {
  /** Null: all keys that both builds came to are the same. */
  readonly first: FirstDifference | null;
  /** Steps after it in the later build that have keys of their own. */
  readonly following: number;
  /** Steps before it that ran in the later build although the key was known. */
  readonly ran: readonly { readonly title: string; readonly because: MadeBecause }[];
  /** How many keys are the same. */
  readonly same: number;
};

export type MadeBecause = Extract<Answer, { readonly kind: 'made' }>['because'];

export type FirstDifference =
  /** A step of this title is in the later build only, in the earlier build only, or elsewhere in its order. */
  | { readonly kind: 'new' | 'gone' | 'moved'; readonly title: string }
  | { readonly kind: 'changed'; readonly title: string; readonly inputs: readonly ChangedInput[] };

/** Null: not there. */
export type ChangedInput = {
  readonly name: string;
  readonly before: string | null;
  readonly after: string | null;
};

export function compareBuilds(earlier: BuildRecord, later: BuildRecord): Comparison {
  const at = firstDifferent(earlier, later);
  const known = new Set(earlier.steps.map(({ key }) => key));
  const same = at === null ? later.steps : later.steps.slice(0, at);
  const rest = at === null ? [] : later.steps.slice(at + 1);
  return {
    first: at === null ? null : differenceAt(earlier, later, at),
    following: rest.filter(({ key }) => !known.has(key)).length,
    ran: same.flatMap(({ title, answer }) =>
      answer.kind === 'made' && answer.because !== 'unkeyed' ? [{ title, because: answer.because }] : [],
    ),
    same: same.length,
  };
}

/** A build that failed has no more steps, which says nothing of those it did not come to. */
function firstDifferent(earlier: BuildRecord, later: BuildRecord): number | null {
  const lengths = [earlier, later].map(({ isDone, steps }) => (isDone ? Infinity : steps.length));
  const end = Math.min(Math.max(earlier.steps.length, later.steps.length), ...lengths);
  for (let at = 0; at < end; at += 1) if (earlier.steps[at]?.key !== later.steps[at]?.key) return at;
  return null;
}

function differenceAt(earlier: BuildRecord, later: BuildRecord, at: number): FirstDifference {
  const before = earlier.steps[at];
  const after = later.steps[at];
  const has = (build: BuildRecord, step: RecordedStep): boolean =>
    build.steps.some(({ title }) => title === step.title);
  if (after !== undefined && !has(earlier, after)) return { kind: 'new', title: after.title };
  if (before !== undefined && !has(later, before)) return { kind: 'gone', title: before.title };
  if (before === undefined || before.title !== after?.title) {
    return { kind: 'moved', title: (after ?? before)?.title ?? '' };
  }
  return { kind: 'changed', title: after.title, inputs: changedInputs(before.parts, after.parts) };
}

type Parts = RecordedStep['parts'];

function changedInputs(before: Parts, after: Parts): readonly ChangedInput[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  const changed = names
    .filter((name) => before[name] !== after[name])
    .map((name) => ({ name, before: before[name] ?? null, after: after[name] ?? null }));
  const telling = changed.filter(({ name }) => !summaries.has(name));
  return telling.length > 0 ? telling : changed;
}

/** Digests over what other parts say one by one. */
const summaries = new Set(['previous', 'title', 'script', 'shared']);
