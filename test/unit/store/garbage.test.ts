// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';

import type { KeepingTerms, StoredLayer } from '../../../lib/store/garbage.ts';
import { chooseGarbage, orderByUse } from '../../../lib/store/garbage.ts';

const layer = (id: string, bytes: number, key: string | null = `key of ${id}`): StoredLayer => ({
  kind: 'layer',
  id,
  title: `install.d/${id}`,
  bytes,
  madeAt: 0,
  usedAt: 0,
  key,
  below: null,
});

/** As `listLayers` orders them: the one used longest ago first. */
const layers = [layer('oldest', 40), layer('replaced', 1, null), layer('middle', 30), layer('newest', 20)];
const within = (limitBytes: number): KeepingTerms => ({ limitBytes, usedSince: 0 });
const idsFor = (limitBytes: number): readonly string[] =>
  chooseGarbage(layers, within(limitBytes)).map(({ id }) => id);

describe('chooseGarbage', () => {
  test('takes only what nothing leads to while the rest fits', () => {
    expect(idsFor(90)).toEqual(['replaced']);
  });

  test('takes what was used longest ago until the rest fits', () => {
    expect(idsFor(89)).toEqual(['replaced', 'oldest']);
    expect(idsFor(50)).toEqual(['replaced', 'oldest']);
    expect(idsFor(49)).toEqual(['replaced', 'oldest', 'middle']);
  });

  test('takes everything when nothing may stay', () => {
    expect(idsFor(0)).toEqual(['replaced', 'oldest', 'middle', 'newest']);
  });
});

describe('layers on layers', () => {
  const on = (below: StoredLayer, above: StoredLayer): StoredLayer => ({ ...above, below: below.id });
  const at = (usedAt: number, used: StoredLayer): StoredLayer => ({ ...used, usedAt });
  const base = at(1, layer('base', 100));
  const older = on(base, at(2, layer('older', 10)));
  const newer = on(base, at(4, layer('newer', 10)));
  const newest = on(newer, at(5, layer('newest', 10)));
  const alone = at(3, layer('alone', 10));
  const ordered = orderByUse([base, newest, alone, newer, older]);

  test('are used when what stands on them is, and go after it', () => {
    expect(ordered.map(({ id, usedAt }) => [id, usedAt])).toEqual([
      ['older', 2],
      ['alone', 3],
      ['newest', 5],
      ['newer', 5],
      ['base', 5],
    ]);
    expect(chooseGarbage(ordered, within(120)).map(({ id }) => id)).toEqual(['older', 'alone']);
  });

  test('go by age alone when there is no limit, those in use by a younger one excepted', () => {
    const terms = { limitBytes: Infinity, usedSince: 3 };
    expect(chooseGarbage(ordered, terms).map(({ id }) => id)).toEqual(['older']);
  });

  test('go when what they stand on is gone or was made again', () => {
    const without = ordered.filter(({ id }) => id !== 'newer');
    expect(chooseGarbage(without, within(1000)).map(({ id }) => id)).toEqual(['newest']);
    const replaced = ordered.map((each) => (each.id === 'newer' ? { ...each, key: null } : each));
    expect(chooseGarbage(replaced, within(1000)).map(({ id }) => id)).toEqual(['newest', 'newer']);
  });

  test('may be thousands on one another', () => {
    const ids = Array.from({ length: 3000 }, (_, index) => String(index));
    const chain = ids.map((id) => ({ ...layer(id, 1), below: id === '0' ? null : String(Number(id) - 1) }));
    const top = at(7, on(layer('2999', 1), layer('top', 1)));
    const orderedChain = orderByUse([...chain, top]);
    expect(orderedChain.map(({ id }) => id)).toEqual(['top', ...[...ids].reverse()]);
    expect(orderedChain.every(({ usedAt }) => usedAt === 7)).toBe(true);
    expect(chooseGarbage(orderedChain, within(3000))).toEqual([top]);
  });
});
