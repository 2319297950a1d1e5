// SPDX-License-Identifier: Apache-2.0
import { homedir } from 'node:os';
import { join } from 'node:path';
import { collectGarbage } from '../host/collect-garbage.ts';
import { realHost } from '../host/real-host.ts';
import type { Bytes, HostPath } from '../model/brands.ts';
import { bytes, hostPath } from '../model/brands.ts';
import type { StoreKind } from '../model/store-paths.ts';
import { storeIn } from '../model/store-paths.ts';
import { formatBytes } from '../report/quantities.ts';
import type { StoredLayer } from '../store/garbage.ts';
import { listLayers, totalBytes } from '../store/garbage.ts';
import type { Reading } from './readers.ts';
import { gigabytesOrNone } from './readers.ts';
import type { Variables } from './read-settings.ts';
import type { AddSubcommand } from './subcommand.ts';
import type { Surroundings } from './surroundings.ts';

/** `diskimage-builder cache ls|prune`: the stored layers of the user who calls. */
export const addCache: AddSubcommand = (program, surroundings, finish) => {
  const cache = program.command('cache').description('list or remove stored layers').helpCommand(false);
  cache
    .command('ls')
    .summary('list stored layers: size, last use, step')
    .description('Lists the stored layers, the one used longest ago first: size, last use, step.')
    .action(async () => finish(await list(surroundings)));
  cache
    .command('prune')
    .summary('remove those used longest ago')
    .description('Removes the layers used longest ago, and those that nothing leads to any more.')
    .option('--max-size <GB>', 'what may stay; 0: nothing', '0')
    .action(async ({ maxSize }: { readonly maxSize: string }) => finish(await prune(surroundings, maxSize)));
};

async function list({ environment, write }: Surroundings): Promise<number> {
  const layers = await listLayers(ownStore(environment));
  for (const layer of layers) write(`${layerLine(layer)}\n`);
  write(`${layers.length} layers, ${formatBytes(totalBytes(layers))}\n`);
  return 0;
}

const layerLine = ({ bytes: size, usedAt, title }: StoredLayer): string =>
  `${formatBytes(size).padStart(10)}  ${new Date(usedAt).toISOString().slice(0, 16).replace('T', ' ')}  ${title}`;

async function prune(surroundings: Surroundings, maxSize: string): Promise<number> {
  const reading: Reading<Bytes> = maxSize === '0' ? { value: bytes(0) } : gigabytesOrNone(maxSize);
  if ('refused' in reading) return complain(surroundings, `--max-size: ${reading.refused}`, 2);
  const cacheDirectory = cacheOf(surroundings.environment);
  const order = { cacheDirectory, kind: ownKind(), limitBytes: reading.value };
  const collected = await collectGarbage(realHost, order);
  if (!collected.done) return complain(surroundings, `nothing was removed: ${collected.why}`, 1);
  surroundings.write(`removed ${collected.layers} layers, ${formatBytes(collected.bytes)}\n`);
  return 0;
}

function complain({ writeError }: Surroundings, text: string, exitStatus: number): number {
  writeError(`${text}\n`);
  return exitStatus;
}

const ownStore = (environment: Variables): ReturnType<typeof storeIn> =>
  storeIn(cacheOf(environment), ownKind());

const ownKind = (): StoreKind => (process.getuid?.() === 0 ? 'root' : 'user');

const cacheOf = (environment: Variables): HostPath =>
  hostPath(environment['DIB_IMAGE_CACHE'] ?? join(homedir(), '.cache/image-create'));
