// SPDX-License-Identifier: Apache-2.0
import { text } from 'node:stream/consumers';
import type { CollectorOrder } from '../host/collect-garbage.ts';
import { realHost } from '../host/real-host.ts';
import type { Store } from '../model/store-paths.ts';
import { storeIn } from '../model/store-paths.ts';
import { chooseGarbage, listStored, removeLayers, totalBytes } from '../store/garbage.ts';
import { removeLeases } from '../store/leases.ts';
import { removeDamaged, verifyLayers } from '../store/verify-layers.ts';

/** A worker for the store alone: the order comes on standard input, lines of JSON go to standard output. */
async function main(): Promise<void> {
  const order = JSON.parse(await text(process.stdin)) as CollectorOrder;
  const store = storeIn(order.cacheDirectory, order.kind);
  if (order.task === 'verify') await verify(store, order.isToRemove);
  else await collect(store, order);
}

const say = (result: object): void => void process.stdout.write(`${JSON.stringify(result)}\n`);

async function collect(
  store: Store,
  { limitBytes, usedSince }: CollectorOrder & { readonly task: 'collect' },
): Promise<void> {
  await removeLeases(store);
  const garbage = chooseGarbage(await listStored(store), { limitBytes: limitBytes ?? Infinity, usedSince });
  await removeLayers(store, garbage);
  const layers = garbage.filter(({ kind }) => kind === 'layer').length;
  say({ layers, artifacts: garbage.length - layers, bytes: totalBytes(garbage) });
}

async function verify(store: Store, isToRemove: boolean): Promise<void> {
  const damaged = await verifyLayers(realHost, store, say);
  if (isToRemove) say({ removed: await removeDamaged(store, damaged) });
}

await main();
