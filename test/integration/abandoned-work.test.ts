// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { realHost } from '../../lib/host/real-host.ts';
import { hostPath } from '../../lib/model/brands.ts';
import type { Store } from '../../lib/model/store-paths.ts';
import { storeIn } from '../../lib/model/store-paths.ts';
import { recordElsewhere, removeAbandonedWork } from '../../lib/store/abandoned-work.ts';
import { requires } from '../support/requires.ts';

requires({ programs: ['flock'] });

let place: string;
let store: Store;
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'dib-work-'));
  store = storeIn(hostPath(place), 'root');
  mkdirSync(store.work, { recursive: true });
  mkdirSync(join(place, 'out'));
});
afterEach(() => rmSync(place, { recursive: true, force: true }));

function abandon(name: string): string {
  const directory = join(store.work, name);
  mkdirSync(join(directory, 'build/deep'), { recursive: true });
  writeFileSync(`${directory}.lock`, '');
  return directory;
}

function writeElsewhere(build: string, names: readonly string[]): Promise<unknown> {
  return Promise.all(
    names.map((name) => {
      const path = join(place, 'out', name);
      writeFileSync(path, '');
      return recordElsewhere(hostPath(join(store.work, build)), hostPath(path));
    }),
  );
}

const remove = (): Promise<readonly string[]> => removeAbandonedWork(realHost, store, 'own');

test('dead builds go with what they noted elsewhere; nothing else that is noted does', async () => {
  abandon('dead-1');
  abandon('own');
  await writeElsewhere('dead-1', [
    '.x.qcow2.dead-1.part',
    'dib_image.ab12',
    'precious',
    '.y.dead-2.part',
    'a b.part',
  ]);
  expect(await remove()).toEqual(['dead-1']);
  expect(readdirSync(store.work).sort()).toEqual(['own', 'own.lock']);
  expect(readdirSync(join(place, 'out')).sort()).toEqual(['.y.dead-2.part', 'a b.part', 'precious']);
});

test('a build whose lock is held is alive', async () => {
  const lock = `${abandon('alive')}.lock`;
  const holder = spawn('flock', ['--exclusive', lock, 'sh', '-c', 'echo held; exec sleep 1000'], {
    detached: true,
  });
  await new Promise((resolve) => holder.stdout.once('data', resolve));
  try {
    expect(await remove()).toEqual([]);
    expect(readdirSync(store.work).sort()).toEqual(['alive', 'alive.lock']);
  } finally {
    process.kill(-(holder.pid ?? 0), 'SIGKILL');
  }
});

test('a lock alone goes once it is not young any more', async () => {
  for (const name of ['young', 'old']) writeFileSync(join(store.work, `${name}.lock`), '');
  const minuteAgo = Date.now() / 1000 - 60;
  utimesSync(join(store.work, 'old.lock'), minuteAgo, minuteAgo);
  expect(await remove()).toEqual(['old']);
  expect(readdirSync(store.work)).toEqual(['young.lock']);
});
