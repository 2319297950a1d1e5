// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import type { TreeListing } from '../../../../lib/worker/tree/tree-listing.ts';
import { changesBetween, changeTimeOf, parseListing } from '../../../../lib/worker/tree/tree-listing.ts';

/** A line of find: kind, inode, names, the rest the same for all but when it changed. */
const listed = (kind: string, inode: number, { links = 1, at = '5.25' } = {}): string =>
  `${kind} ${inode} ${links} 755 0 0 4 1.0 ${at}`;

const before: TreeListing = new Map([
  ['', listed('d', 1)],
  ['etc', listed('d', 2)],
  ['etc/a', listed('f', 3)],
  ['etc/b', listed('f', 4, { links: 2 })],
  ['srv', listed('d', 5)],
  ['srv/b', listed('f', 4, { links: 2 })],
  ['srv/in', listed('d', 6)],
  ['srv/in/c', listed('f', 7)],
]);

/** @param change Paths with what they are now; null: gone. */
const changed = (change: Readonly<Record<string, string | null>>): ReturnType<typeof changesBetween> => {
  const all = new Map<string, string | null>([...before, ...Object.entries(change)]);
  const left = [...all].flatMap(([path, now]) => (now === null ? [] : [[path, now] as const]));
  return changesBetween(before, new Map(left.sort(([a], [b]) => (a < b ? -1 : 1))));
};

test('a listing is read whatever names have in them', () => {
  const line = '755 0 0 4 1.0 5.25';
  const listing = parseListing(`d 1 2 ${line} \0f 2 1 ${line} two words\nand lines\0f 3 1 ${line}  led\0`);
  expect([...listing]).toEqual([
    ['', `d 1 2 ${line}`],
    ['two words\nand lines', `f 2 1 ${line}`],
    [' led', `f 3 1 ${line}`],
  ]);
  expect(changeTimeOf(listing.get('') ?? '')).toBe('5.25');
});

describe('changes of a tree', () => {
  test('are none when nothing changed', () => {
    expect(changed({})).toEqual({ removed: [], directories: [], files: [] });
  });

  test('are files with the directories that lead to them', () => {
    expect(changed({ 'srv/in/c': listed('f', 7, { at: '6.5' }), 'srv/new': listed('l', 9) })).toEqual({
      removed: [],
      directories: ['', 'srv', 'srv/in'],
      files: ['srv/in/c', 'srv/new'],
    });
  });

  test('are attributes of a directory without what is in it', () => {
    expect(changed({ srv: listed('d', 5, { at: '6.5' }) })).toEqual({
      removed: [],
      directories: ['', 'srv'],
      files: [],
    });
  });

  test('have the names of one file side by side', () => {
    const twin = listed('f', 4, { links: 2, at: '6.5' });
    const { files } = changed({ 'etc/b': twin, 'etc/c': listed('f', 8), 'srv/b': twin });
    expect(files).toEqual(['etc/c', 'etc/b', 'srv/b']);
  });

  test('name what is gone by its outermost directory', () => {
    expect(changed({ srv: null, 'srv/b': null, 'srv/in': null, 'srv/in/c': null, 'etc/a': null })).toEqual({
      removed: ['etc/a', 'srv'],
      directories: [],
      files: [],
    });
  });

  test('of a directory into a file, and of a file into a directory, begin with a removal', () => {
    expect(
      changed({
        'etc/a': listed('d', 9),
        'etc/a/x': listed('f', 10),
        'srv/in': listed('f', 11),
        'srv/in/c': null,
      }),
    ).toEqual({
      removed: ['etc/a', 'srv/in'],
      directories: ['', 'etc', 'etc/a', 'srv'],
      files: ['etc/a/x', 'srv/in'],
    });
  });

  test('of a directory that was made anew are all that is in it, moved there or not', () => {
    expect(changed({ 'srv/in': listed('d', 12) })).toEqual({
      removed: ['srv/in'],
      directories: ['', 'srv', 'srv/in'],
      files: ['srv/in/c'],
    });
  });
});
