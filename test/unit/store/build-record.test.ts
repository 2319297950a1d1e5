// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hostPath } from '../../../lib/model/brands.ts';
import type { Store } from '../../../lib/model/store-paths.ts';
import { storeIn } from '../../../lib/model/store-paths.ts';
import type { BuildRecorder } from '../../../lib/store/build-record.ts';
import { listBuildRecords, openBuildRecord } from '../../../lib/store/build-record.ts';

let store: Store;
beforeEach(() => {
  store = storeIn(hostPath(mkdtempSync(join(tmpdir(), 'dib-records-'))), 'root');
  mkdirSync(store.builds, { recursive: true });
});
afterEach(() => rmSync(join(store.root, '../..'), { recursive: true, force: true }));

const open = (id: string, environment: Readonly<Record<string, string>> = {}): Promise<BuildRecorder> =>
  openBuildRecord(store, { id, name: 'image', elements: ['base', 'vm'], environment });

const hex = (letter: string): string => letter.repeat(64);

async function partsOf(parts: Readonly<Record<string, string>>, environment = {}): Promise<object> {
  const record = await open('b1', environment);
  record.key({ title: 'install.d/50-x', key: 'k', parts });
  await record.write(true);
  const [build] = await listBuildRecords(store);
  return build?.steps[0]?.parts ?? {};
}

test('a record says what keys were made of, and how they were answered', async () => {
  const record = await open('b1');
  record.key({ title: 'the beginning', key: 'k0', parts: { arch: 'amd64' } });
  const files = { 'lib/x': `644 ${hex('c')}` };
  for (const key of ['k1', 'k2', 'k3'])
    record.key({ title: `install.d/${key}`, key, parts: { previous: hex('a') }, details: [files] });
  record.answer('k1', { kind: 'reused', id: 'layer' });
  record.answer('k2', { kind: 'made', because: 'too-old' });
  record.answer('unknown', { kind: 'made', because: 'none' });
  await record.write(false);
  const [build, ...others] = await listBuildRecords(store);
  expect(others).toEqual([]);
  const parts = { previous: `#${'a'.repeat(16)}`, 'file lib/x': `#644 ${'c'.repeat(16)}` };
  const unkeyed = { kind: 'made', because: 'unkeyed' };
  expect(build).toEqual({
    id: 'b1',
    name: 'image',
    startedAt: build?.startedAt,
    isDone: false,
    elements: ['base', 'vm'],
    steps: [
      { title: 'the beginning', key: 'k0', parts: { arch: '=amd64' }, answer: unkeyed },
      { title: 'install.d/k1', key: 'k1', parts, answer: { kind: 'reused', id: 'layer' } },
      { title: 'install.d/k2', key: 'k2', parts, answer: { kind: 'made', because: 'too-old' } },
      { title: 'install.d/k3', key: 'k3', parts, answer: unkeyed },
    ],
  });
});

test('values are shown unless they are, hold or may hold a secret', async () => {
  const parts = {
    'variable FRUIT': 'apple\npear',
    'variable DIB_TOKEN': 'hunter22',
    'variable DIB_ARGS': '--with hunter22 -o x',
    'variable http_proxy': 'http://eve:pass@proxy:3128',
    'variable LONG': 'x'.repeat(3000),
    'tool tar': hex('d'),
  };
  const shown = await partsOf(parts, { DIB_TOKEN: 'hunter22' });
  const digest = expect.stringMatching(/^#[0-9a-f]{16}$/) as unknown;
  expect(shown).toEqual({
    'variable FRUIT': '=apple\npear',
    'variable DIB_TOKEN': digest,
    'variable DIB_ARGS': digest,
    'variable http_proxy': digest,
    'variable LONG': digest,
    'tool tar': `#${'d'.repeat(16)}`,
  });
  const file = join(store.builds, 'b1.json');
  expect(readFileSync(file, 'utf8')).not.toContain('hunter22');
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('a hidden value has the same digest in every build of a store, and another one elsewhere', async () => {
  const parts = { 'variable DIB_TOKEN': 'hunter22' };
  const first = await partsOf(parts);
  expect(await partsOf(parts)).toEqual(first);
  expect(await partsOf({ 'variable DIB_TOKEN': 'hunter23' })).not.toEqual(first);
  rmSync(join(store.builds, 'salt'));
  expect(await partsOf(parts)).not.toEqual(first);
});

test('only the last builds are kept', async () => {
  for (let number = 100; number < 153; number += 1) await (await open(`b${number}`)).write(true);
  const ids = (await listBuildRecords(store)).map(({ id }) => id);
  expect([ids.length, ids.includes('b102'), ids.includes('b103')]).toEqual([50, false, true]);
  expect(readdirSync(store.builds).filter((name) => !/^(b\d+\.json|salt)$/.test(name))).toEqual([]);
});
