// SPDX-License-Identifier: Apache-2.0
import type { BuildEvent } from '../model/event.ts';

const prefix = 'dib: ';

/** Notes that a part of the command's own work is done. Parts follow one another; the first is the loading of the program. */
export const done = (what: string): void => void performance.mark(`${prefix}${what}`);

/** When the process began, milliseconds since the epoch. */
export const programStart = (): number => exact(0);

/** What has been noted so far, as a profile shows it. */
export function startEvents(): readonly BuildEvent[] {
  const marks = performance.getEntriesByType('mark').filter(({ name }) => name.startsWith(prefix));
  const ends = [
    { what: 'starting Node', at: performance.nodeTiming.bootstrapComplete },
    ...marks.map(({ name, startTime }) => ({ what: name.slice(prefix.length), at: startTime })),
  ];
  return ends.map(({ what, at }, index) => {
    const [startedAt, endedAt] = [exact(ends[index - 1]?.at ?? 0), exact(at)];
    const of = { process: 'command', track: null, usage: null } as const;
    return { at: endedAt, kind: 'work-finished', title: what, startedAt, endedAt, ...of };
  });
}

const exact = (sinceStart: number): number => Math.round((performance.timeOrigin + sinceStart) * 1000) / 1000;
