// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { bytes } from '../../../../lib/model/brands.ts';
import { runsOf } from '../../../../lib/worker/tree/merged-layers.ts';

/** Layers `0`, `1` …; those named take 100 bytes, the others one. */
const layers = (count: number, large: readonly number[] = []): Parameters<typeof runsOf>[0] =>
  Array.from({ length: count }, (_, index) => ({
    id: String(index),
    bytes: bytes(large.includes(index) ? 100 : 1),
  }));

const named = (from: number, end: number): readonly string[] =>
  Array.from({ length: end - from }, (_, index) => String(from + index));

test('neighbours are merged sixteen at a time, by position, and the last ones only when there are as many', () => {
  expect(runsOf(layers(35), 10)).toEqual([named(0, 16), named(16, 32), ['32'], ['33'], ['34']]);
  expect(runsOf(layers(32), 10)).toEqual([named(0, 16), named(16, 32)]);
  expect(runsOf(layers(15), 10)).toEqual(named(0, 15).map((id) => [id]));
});

test('a large layer stays as it is, and parts those around it', () => {
  expect(runsOf(layers(16, [0]), 10)).toEqual([['0'], named(1, 16)]);
  expect(runsOf(layers(32, [5, 15, 17]), 10)).toEqual([
    named(0, 5),
    ['5'],
    named(6, 15),
    ['15'],
    ['16'],
    ['17'],
    named(18, 32),
  ]);
  expect(runsOf(layers(16, [0, 5]), Infinity)).toEqual([named(0, 16)]);
});

test('a late change leaves the runs before it as they were', () => {
  const runs = runsOf(layers(70), 10);
  const other = layers(70).map((layer, index) => (index < 50 ? layer : { ...layer, id: `other ${index}` }));
  expect(runsOf(other, 10).slice(0, 3)).toEqual(runs.slice(0, 3));
});
