// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import type { Place } from '../../../lib/report/trace.ts';
import { createTrace } from '../../../lib/report/trace.ts';

type Spans = readonly (readonly [name: string, startedAt: number, endedAt: number, track?: string])[];

/** Names of tracks, and of each span the number of its track. */
function traced(spans: Spans) {
  const entries: unknown[] = [];
  const trace = createTrace((entry) => entries.push(JSON.parse(entry)));
  for (const [name, startedAt, endedAt, track = null] of spans) {
    const place: Place = { process: 'worker', track };
    trace.span(place, { name, category: 'test', startedAt, endedAt });
  }
  const found = entries as readonly {
    readonly ph: string;
    readonly name: string;
    readonly tid: number;
    readonly args: { readonly name?: string };
  }[];
  return {
    tracks: found.flatMap(({ name, args }) => (name === 'thread_name' ? [args.name] : [])),
    spans: found.flatMap(({ ph, name, tid }) => (ph === 'X' ? [[name, tid]] : [])),
  };
}

test('what one span contains, or follows, is on its track', () => {
  const { tracks, spans } = traced([
    ['a', 0, 10],
    ['b', 10, 20],
    ['instant', 20, 20],
    ['around both', 0, 20],
    ['after', 20, 30],
    ['around all', 0, 40],
  ]);
  expect(tracks).toEqual(['worker']);
  expect(spans.map(([, tid]) => tid)).toEqual([1, 1, 1, 1, 1, 1]);
});

test('what crosses another gets a track beside it, and so does what belongs to another piece of work', () => {
  const { tracks, spans } = traced([
    ['a', 0, 10],
    ['crosses a', 5, 15],
    ['crosses both', 8, 20],
    ['fits again', 20, 30],
    ['an output', 0, 30, '/out.qcow2'],
  ]);
  expect(tracks).toEqual(['worker', 'worker (2)', 'worker (3)', '/out.qcow2']);
  expect(spans).toEqual([
    ['a', 1],
    ['crosses a', 2],
    ['crosses both', 3],
    ['fits again', 1],
    ['an output', 4],
  ]);
});
