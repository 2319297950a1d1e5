// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';

import type { StoredLayer } from '../../../lib/store/garbage.ts';
import { chooseGarbage } from '../../../lib/store/garbage.ts';

const layer = (id: string, bytes: number, key: string | null = `key of ${id}`): StoredLayer => ({
  id,
  title: `install.d/${id}`,
  bytes,
  madeAt: 0,
  usedAt: 0,
  key,
});

/** As `listLayers` orders them: the one used longest ago first. */
const layers = [layer('oldest', 40), layer('replaced', 1, null), layer('middle', 30), layer('newest', 20)];
const idsFor = (limitBytes: number): readonly string[] =>
  chooseGarbage(layers, limitBytes).map(({ id }) => id);

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
