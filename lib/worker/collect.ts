// SPDX-License-Identifier: Apache-2.0
import { text } from 'node:stream/consumers';
import type { CollectorOrder } from '../host/collect-garbage.ts';
import { storeIn } from '../model/store-paths.ts';
import { chooseGarbage, listLayers, removeLayers, totalBytes } from '../store/garbage.ts';

/** A worker for the store alone: the order comes on standard input, what was removed goes to standard output. */
async function main(): Promise<void> {
  const { cacheDirectory, kind, limitBytes } = JSON.parse(await text(process.stdin)) as CollectorOrder;
  const store = storeIn(cacheDirectory, kind);
  const garbage = chooseGarbage(await listLayers(store), limitBytes);
  await removeLayers(store, garbage);
  process.stdout.write(`${JSON.stringify({ layers: garbage.length, bytes: totalBytes(garbage) })}\n`);
}

await main();
