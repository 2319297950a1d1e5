// SPDX-License-Identifier: Apache-2.0
import type { BuildEvent } from '../../lib/model/event.ts';
import type { Failure } from '../../lib/model/failure.ts';
import type { BuildOutcome } from './build-place.ts';

type EventOf<Kind extends BuildEvent['kind']> = Extract<BuildEvent, { readonly kind: Kind }>;

/** `ran` or `reused`, phase and script of every step, in order. */
export const stepsOf = ({ events }: BuildOutcome): readonly string[] =>
  events.flatMap((event) => {
    if (event.kind === 'step-started') return [`ran ${event.title}`];
    return event.kind === 'step-reused' ? [`reused ${event.title}`] : [];
  });

/** What a step printed. */
export function printedBy({ events }: BuildOutcome, title: string): readonly string[] {
  const first = events.findIndex((event) => event.kind === 'step-started' && event.title === title);
  if (first === -1) throw new Error(`no step ${title} has run`);
  const rest = events.slice(first + 1);
  const end = rest.findIndex((event) => event.kind === 'step-finished' || event.kind === 'build-failed');
  return rest.slice(0, end).flatMap((event) => (event.kind === 'output' ? [event.text] : []));
}

export const textsOf = (outcome: BuildOutcome, kind: 'note' | 'warning'): readonly string[] =>
  outcome.events.flatMap((event) => (event.kind === kind ? [(event as EventOf<typeof kind>).text] : []));

/** How it failed; null when it did not. */
export function failureIn({ events }: BuildOutcome): Failure | null {
  const last = events.at(-1);
  return last?.kind === 'build-failed' ? last.failure : null;
}

/** Says why when a build that ought to succeed did not. */
export function expectDone(outcome: BuildOutcome): BuildOutcome {
  if (outcome.status === 0) return outcome;
  const printed = outcome.events.flatMap((event) => (event.kind === 'output' ? [event.text] : []));
  throw new Error([JSON.stringify(failureIn(outcome)), ...outcome.said, ...printed.slice(-20)].join('\n'));
}
