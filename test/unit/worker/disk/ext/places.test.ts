// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import type { BlockUsage } from '../../../../../lib/worker/disk/ext/block-usage.ts';
import {
  bitmapOf,
  freeBlocksOf,
  freeRuns,
  markFree,
  markUsed,
} from '../../../../../lib/worker/disk/ext/block-usage.ts';
import {
  clusterAlignment,
  FileSystemFull,
  openFreeSpace,
  withoutGaps,
} from '../../../../../lib/worker/disk/ext/free-space.ts';
import type { LayerHistory } from '../../../../../lib/worker/disk/ext/layer-history.ts';
import { agesOf, numberFiles } from '../../../../../lib/worker/disk/ext/number-files.ts';
import type { Places } from '../../../../../lib/worker/disk/ext/place-files.ts';
import { placeFiles } from '../../../../../lib/worker/disk/ext/place-files.ts';
import type { SourceFile } from '../../../../../lib/worker/disk/ext/source-tree.ts';
import { shape } from './shape.ts';

const newUsage = (): BlockUsage => ({ bits: new Uint8Array(65536 / 8), shape });

describe('blocks', () => {
  test('are marked, counted and found again', () => {
    const usage = newUsage();
    markUsed(usage, { start: 0, count: 13 });
    markUsed(usage, { start: 100, count: 1 });
    markUsed(usage, { start: 32767, count: 2 });
    markFree(usage, { start: 3, count: 6 });
    expect(freeRuns(usage)).toEqual([
      { start: 3, count: 6 },
      { start: 13, count: 87 },
      { start: 101, count: 32666 },
      { start: 32769, count: 32767 },
    ]);
    expect([freeBlocksOf(usage, 0), freeBlocksOf(usage, 1)]).toEqual([32768 - 9, 32767]);
    expect(bitmapOf(usage, 0).toString('hex', 0, 2)).toBe('071e');
  });
});

describe('free space', () => {
  test('is given out to the last block, and then no more', () => {
    const space = openFreeSpace(
      [
        { start: 5, count: 3 },
        { start: 20, count: 2 },
      ],
      withoutGaps,
    );
    expect(space.take(4)).toEqual([
      { start: 5, count: 3 },
      { start: 20, count: 1 },
    ]);
    expect(space.take(1)).toEqual([{ start: 21, count: 1 }]);
    expect(() => space.take(1)).toThrow(FileSystemFull);
  });

  test('is entered at the same place in a cluster as it was left', () => {
    const runs = [
      { start: 3, count: 20 },
      { start: 100, count: 100 },
    ];
    const space = openFreeSpace(runs, { unit: 16, first: 0 });
    space.align();
    // Blocks 16 to 22, then what is seventh in a cluster.
    expect(space.take(8)).toEqual([
      { start: 16, count: 7 },
      { start: 103, count: 1 },
    ]);
    space.align();
    expect(space.take(1)).toEqual([{ start: 112, count: 1 }]);
  });

  test('has clusters where those of the disk are', () => {
    expect(clusterAlignment(1024 * 1024, 4096)).toEqual({ unit: 16, first: 0 });
    expect(clusterAlignment(17 * 4096, 4096)).toEqual({ unit: 16, first: 15 });
    expect(clusterAlignment(63 * 512, 1024)).toEqual({ unit: 64, first: 0 });
  });
});

const file = (path: string, over: Partial<SourceFile> = {}): SourceFile => ({
  ...{ path, kind: 'file', mode: 0o100644, uid: 0, gid: 0, size: 5000, mtimeNanoseconds: 0n },
  ...{ allocated: 8192, device: [0, 0], target: '', entries: [], names: 1 },
  ...over,
});
const directory = (path: string): SourceFile => file(path, { kind: 'directory', size: 0 });

/** Each path with the first and the last layer that holds it. */
const historyOf = (ages: Readonly<Record<string, readonly [number, number]>>): LayerHistory =>
  new Map(Object.entries(ages).map(([path, [born, changed]]) => [path, { born, changed }]));

describe('inode numbers', () => {
  const space = { first: 12, last: 20, reserved: new Map([['', 2]]) };
  const numbersOf = (
    files: readonly SourceFile[],
    history: LayerHistory,
    last = 20,
  ): Readonly<Record<string, number>> => {
    const numbers = numberFiles(agesOf(files, history), history, { ...space, last });
    return Object.fromEntries([...numbers].map(([{ path }, number]) => [path, number]));
  };
  const files = [directory(''), file('a'), directory('d'), file('d/renamed'), file('z')];

  test('go by the layer a file came with, then by path, and removed files leave theirs unused', () => {
    const history = historyOf({ a: [1, 1], d: [0, 0], b: [0, 1], z: [0, 1] });
    expect(numbersOf(files, history)).toEqual({ '': 2, b: undefined, d: 13, 'd/renamed': 14, z: 15, a: 16 });
    expect(numbersOf(files, history, 15)).toEqual({ '': 2, d: 12, 'd/renamed': 13, z: 14, a: 15 });
    expect(() => numbersOf(files, history, 14)).toThrow(FileSystemFull);
  });
});

describe('places', () => {
  const names = Array.from({ length: 400 }, (_, index) => `usr/${String(index).padStart(4, '0')}`);
  const early = names.map((path, index) => file(path, { size: (index * 7919) % 70_000 }));
  const free = [
    { start: 1000, count: 7000 },
    { start: 8200, count: 20_000 },
  ];
  const placesOf = (files: readonly SourceFile[], history: LayerHistory, runs = free): Places => {
    const ages = agesOf(files, history);
    const needs = { ages, attributes: new Map(), dataRuns: new Map() };
    return placeFiles(needs, { shape, offset: 1024 * 1024, free: runs });
  };
  const startOf = ({ extents }: Places, wanted: SourceFile): number | undefined =>
    extents.get(wanted)?.[0]?.physical;
  const moved = (before: Places, after: Places): number =>
    early.filter((one) => startOf(before, one) !== startOf(after, one)).length;
  const base = historyOf(Object.fromEntries(names.map((path) => [path, [0, 0]])));

  test('of early files stay when a late layer brings more', () => {
    const late = file('usr/0000 late');
    const history = new Map([...base, [late.path, { born: 1, changed: 1 }]]);
    const before = placesOf([directory(''), ...early], base);
    const after = placesOf([directory(''), ...early, late], history);
    expect(moved(before, after)).toBe(0);
    expect((startOf(after, late) ?? 1) % 16).toBe(0);
  });

  test('of files of the same layer change by whole clusters, but for a few', () => {
    const more = file('usr/0100 more', { size: 4096 });
    const before = placesOf([directory(''), ...early], base);
    const after = placesOf([directory(''), ...early, more], base);
    const inCluster = (places: Places, one: SourceFile): number => (startOf(places, one) ?? 0) % 16;
    const changed = early.filter((one) => inCluster(before, one) !== inCluster(after, one)).length;
    expect(changed).toBeGreaterThan(0);
    expect(changed).toBeLessThan(60);
  });

  test('leave no gaps when there is no room for any', () => {
    const blocks = early.reduce((sum, { size }) => sum + Math.ceil(size / 4096), 0) + 1;
    const runs = [{ start: 1001, count: blocks }];
    const placed = [...placesOf([directory(''), ...early], base, runs).extents.values()].flat();
    expect(placed.reduce((sum, { count }) => sum + count, 0)).toBe(blocks);
    const less = [{ start: 1001, count: blocks - 1 }];
    expect(() => placesOf([directory(''), ...early], base, less)).toThrow(FileSystemFull);
  });
});
