// SPDX-License-Identifier: Apache-2.0

/** Where in a trace something is shown: a viewer draws a line of boxes for each. */
export type Place = {
  readonly process: 'command' | 'worker';
  /** Null: the main one. */
  readonly track: string | null;
};

/** Times are milliseconds since the epoch. */
export type Span = {
  readonly name: string;
  readonly category: string;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly args?: Readonly<Record<string, unknown>>;
};

export type Trace = {
  /** To be called in the order in which spans end: what a span contains comes before it. */
  readonly span: (place: Place, span: Span) => void;
};

const processes = { command: 1, worker: 2 } as const;

/**
 * Entries of the Chrome trace format: complete events (`X`), whose times are in microseconds, and names of processes and
 * tracks (`M`). On one track spans may only follow or contain one another: one that does neither gets another track.
 * @param append Is given one JSON text after another.
 */
export function createTrace(append: (entry: string) => void): Trace {
  const lanes = createLanes();
  const entry = (value: object): void => append(JSON.stringify(value));
  for (const [name, pid] of Object.entries(processes))
    entry({ ph: 'M', name: 'process_name', pid, tid: 1, args: { name } });
  return {
    span: ({ process, track }, { name, category, startedAt, endedAt, args = {} }) => {
      const pid = processes[process];
      const { tid, newName } = lanes({ process, track }, { startedAt, endedAt });
      if (newName !== null) entry({ ph: 'M', name: 'thread_name', pid, tid, args: { name: newName } });
      const ts = microseconds(startedAt);
      entry({ ph: 'X', name, cat: category, pid, tid, ts, dur: microseconds(endedAt) - ts, args });
    },
  };
}

const microseconds = (milliseconds: number): number => Math.round(milliseconds * 1000);

type Times = Pick<Span, 'startedAt' | 'endedAt'>;

/** What lies on a track and is in nothing else there, earliest first; what another contains can be forgotten. */
type Lane = { readonly tid: number; spans: readonly Times[] };

type Found = { readonly tid: number; /** Null: it has been named. */ readonly newName: string | null };

function createLanes(): (place: Place, times: Times) => Found {
  const tracks = new Map<string, Lane[]>();
  const used = { command: 0, worker: 0 };
  return ({ process, track }, times) => {
    const key = `${process} ${track ?? ''}`;
    const known = tracks.get(key) ?? [];
    const free = known.find(({ spans }) => !spans.some((other) => crosses(other, times)));
    if (free !== undefined) {
      free.spans = withSpan(free.spans, times);
      return { tid: free.tid, newName: null };
    }
    const lane: Lane = { tid: ++used[process], spans: [times] };
    tracks.set(key, [...known, lane]);
    const more = known.length === 0 ? '' : ` (${known.length + 1})`;
    return { tid: lane.tid, newName: `${track ?? process}${more}` };
  };
}

const contains = (outer: Times, inner: Times): boolean =>
  outer.startedAt <= inner.startedAt && inner.endedAt <= outer.endedAt;

function crosses(one: Times, other: Times): boolean {
  const isApart = one.endedAt <= other.startedAt || other.endedAt <= one.startedAt;
  return !isApart && !contains(one, other) && !contains(other, one);
}

function withSpan(spans: readonly Times[], times: Times): readonly Times[] {
  if (spans.some((other) => contains(other, times))) return spans;
  return [...spans.filter((other) => !contains(times, other)), times];
}
