// SPDX-License-Identifier: Apache-2.0
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hostPath } from '../../../lib/model/brands.ts';
import type { Store } from '../../../lib/model/store-paths.ts';
import { storeIn } from '../../../lib/model/store-paths.ts';
import type { Layer, LayerEntry, LayerTerms } from '../../../lib/store/layers.ts';
import { commitLayer, findLayer, lookUpLayer, markDurable, stageLayer } from '../../../lib/store/layers.ts';

let store: Store;
beforeEach(() => {
  store = storeIn(hostPath(mkdtempSync(join(tmpdir(), 'dib-store-'))), 'root');
  for (const directory of [store.layers, store.keys, store.work]) mkdirSync(directory, { recursive: true });
});
afterEach(() => rmSync(join(store.root, '../..'), { recursive: true, force: true }));

const entry: LayerEntry = {
  key: 'k1',
  below: 'base',
  title: 'install.d/50-x',
  madeAt: 1000,
  bootId: 'this boot',
  isEmpty: false,
  bytes: 4,
  keptMounts: [],
};

const terms = { bootId: 'this boot', madeAfter: 0, below: 'base' };

async function make(change: Partial<LayerEntry> = {}, required: Partial<LayerTerms> = {}): Promise<Layer> {
  const staging = await stageLayer(store.work, 'step');
  writeFileSync(join(staging.tree, 'file'), 'data');
  return commitLayer(store, staging, { ...entry, ...change }, { ...terms, ...required });
}

test('a layer appears whole, with its files, and leaves no staging behind', async () => {
  const layer = await make();
  expect(await findLayer(store, 'k1', terms)).toEqual(layer);
  expect(readFileSync(join(store.layers, layer.id, 't/file'), 'utf8')).toBe('data');
  expect(readdirSync(join(store.work, 'staging'))).toEqual([]);
  expect(existsSync(join(store.layers, layer.id, 'w'))).toBe(false);
});

test('of two layers for a key the first one answers, to the build that made the second as well', async () => {
  const first = await make();
  expect(await make({ title: 'later' })).toEqual(first);
  expect(await findLayer(store, 'k1', terms)).toEqual(first);
});

test('a layer that may not be used is replaced', async () => {
  const first = await make();
  const second = await make({ madeAt: 2000 }, { madeAfter: 1500 });
  expect(second.id).not.toBe(first.id);
  expect(await findLayer(store, 'k1', terms)).toEqual(second);
});

describe('no layer answers', () => {
  test('an unknown key', async () => {
    await make();
    expect(await findLayer(store, 'k2', terms)).toBeNull();
  });

  test.each([
    ['when it is too old', { madeAfter: 1001 }, 'too-old'],
    ['when none is wanted', { madeAfter: Infinity }, 'unwanted'],
    ['when it was made on another layer', { below: 'another base' }, 'on-another'],
    ['when it was made on some layer and there is none', { below: null }, 'on-another'],
    ['after a reboot, unless it was flushed', { bootId: 'the next boot' }, 'unflushed'],
  ])('%s', async (_, change, absence) => {
    await make();
    expect(await findLayer(store, 'k1', { ...terms, ...change })).toBeNull();
    expect(await lookUpLayer(store, 'k1', { ...terms, ...change })).toBe(absence);
  });

  test('when it is from the future, if its age matters', async () => {
    const madeAt = Date.now() + 600_000;
    const layer = await make({ madeAt });
    expect(await lookUpLayer(store, 'k1', { ...terms, madeAfter: 1 })).toBe('from-the-future');
    expect(await findLayer(store, 'k1', terms)).toEqual(layer);
  });

  test('when its key leads to the layer of another', async () => {
    const { id } = await make();
    symlinkSync(`../layers/${id}`, join(store.keys, 'k2'));
    expect(await lookUpLayer(store, 'k2', terms)).toBe('damaged');
  });

  test('when its files are gone', async () => {
    const { id } = await make();
    rmSync(join(store.layers, id, 't'), { recursive: true });
    expect(await lookUpLayer(store, 'k1', terms)).toBe('damaged');
  });

  test.each(['', '{"key": "k1", "bel', 'null'])('when its entry is damaged: %j', async (text) => {
    const { id } = await make();
    writeFileSync(join(store.layers, id, 'entry.json'), text);
    expect(await findLayer(store, 'k1', terms)).toBeNull();
  });

  test('when it was removed and its key is left', async () => {
    const { id } = await make();
    rmSync(join(store.layers, id), { recursive: true });
    expect(await findLayer(store, 'k1', terms)).toBeNull();
  });
});

test('a layer that was flushed answers after a reboot too', async () => {
  const layer = await make();
  await markDurable(store, [layer.id]);
  expect(await findLayer(store, 'k1', { ...terms, bootId: 'the next boot' })).toEqual(layer);
});
