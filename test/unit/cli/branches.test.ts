// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { runBranches } from '../../../lib/cli/branches.ts';
import type { BranchControl, Branching } from '../../../lib/cli/branches.ts';

type Running = BranchControl & { readonly end: () => void };

/** Branches, named with blanks between, that do what a test tells them. */
function start(names: string, changes: Partial<Branching<string>> = {}) {
  const begun: string[] = [];
  const running = new Map<string, Running>();
  const done = runBranches<string>({
    branches: names.split(' ').filter((name) => name !== ''),
    turns: 2,
    likeness: () => 0,
    isStopped: () => false,
    run: (name, control) => {
      begun.push(name);
      return new Promise((end) => void running.set(name, { ...control, end }));
    },
    ...changes,
  });
  const of = (name: string): Running => {
    const found = running.get(name);
    if (found === undefined) throw new Error(`${name} has not begun`);
    return found;
  };
  return { begun, of, done };
}

/** Lets what was promised happen. */
async function settle(): Promise<void> {
  for (let round = 0; round < 10; round++) await Promise.resolve();
}

describe('branches', () => {
  test('work as many at a time as there are turns, in the order they were named', async () => {
    const { begun, of, done } = start('a b c');
    expect(begun).toEqual(['a', 'b']);
    of('b').end();
    await settle();
    expect(begun).toEqual(['a', 'b', 'c']);
    of('a').end();
    of('c').end();
    await done;
  });

  test('that wait hand their turn on', () => {
    const { begun, of } = start('a b c d');
    of('b').handOn();
    expect(begun).toEqual(['a', 'b', 'c']);
    of('c').handOn();
    expect(begun).toEqual(['a', 'b', 'c', 'd']);
  });

  test('get a turn again before others begin, and only when one is free', async () => {
    const { begun, of } = start('a b c d e');
    of('b').handOn();
    let hasTurn = false;
    void of('b')
      .awaitTurn()
      .then(() => (hasTurn = true));
    await settle();
    expect({ begun, hasTurn }).toEqual({ begun: ['a', 'b', 'c'], hasTurn: false });
    of('a').end();
    await settle();
    expect({ begun, hasTurn }).toEqual({ begun: ['a', 'b', 'c'], hasTurn: true });
    of('c').end();
    await settle();
    expect(begun).toEqual(['a', 'b', 'c', 'd']);
  });

  test('that wait are at most as many again as work', () => {
    const { begun, of } = start('a b c d e f g h');
    for (const name of ['b', 'c', 'd']) of(name).handOn();
    expect(begun).toEqual(['a', 'b', 'c', 'd']);
  });

  test('begin with what is least like the running ones', () => {
    const alike = (one: string, other: string): number => (one.toLowerCase() === other.toLowerCase() ? 5 : 1);
    expect(start('a A b B', { likeness: alike }).begun).toEqual(['a', 'b']);
  });

  test('are not begun any more when they are to stop; those that run are waited for', async () => {
    let isStopped = false;
    const { begun, of, done } = start('a b c d', { isStopped: () => isStopped });
    isStopped = true;
    of('a').end();
    await settle();
    expect(begun).toEqual(['a', 'b']);
    of('b').end();
    await done;
  });

  test('that end while they ask for a turn ask no more', async () => {
    const { begun, of } = start('a b c', { turns: 1 });
    of('a').handOn();
    void of('a').awaitTurn();
    of('a').end();
    await settle();
    expect(begun).toEqual(['a', 'b']);
    of('b').end();
    await settle();
    expect(begun).toEqual(['a', 'b', 'c']);
  });

  test('none at all are done at once', async () => {
    await start('').done;
  });

  test('one that breaks by a bug breaks all', async () => {
    const { done } = start('a', { run: () => Promise.reject(new Error('a bug')) });
    await expect(done).rejects.toThrow('a bug');
  });
});
