// SPDX-License-Identifier: Apache-2.0
import { rm } from 'node:fs/promises';
import { recordFiles } from '../../store/layer-files.ts';
import { commitLayer, findLayer, isDurable, readEntry, stageLayer } from '../../store/layers.ts';
import { mergeInto } from './merge-into.ts';
import type { WayContext } from './tree-way.ts';

/**
 * Finds or makes one layer that does to what is below it what a run of layers does, lowest first. It is stored like
 * them, made on the last of them, so that it goes before they do; it is made of them, so that it may be as old as it likes.
 * @returns the ids to mount: those of the run when a layer of it cannot be merged.
 */
export async function mergeLayers(
  context: WayContext,
  key: string,
  run: readonly string[],
): Promise<readonly string[]> {
  const { store } = context;
  const below = run.at(-1) ?? null;
  const terms = { bootId: store.bootId, madeAfter: 0, below };
  const stored = await findLayer(store, key, terms);
  if (stored !== null) {
    if (!(await isDurable(store, stored.id))) context.unflushed.add(stored.id);
    return [stored.id];
  }
  const staging = await stageLayer(context.paths.work, `merged-${key}`);
  try {
    if (!(await mergeInto(context, run, staging))) return run;
    const entry = {
      key,
      below,
      title: await titleOf(context, run),
      madeAt: Date.now(),
      bootId: store.bootId,
      isEmpty: false,
      bytes: await recordFiles(context.host, staging.directory),
      keptMounts: [],
    };
    const { id } = await commitLayer(store, staging, entry, terms);
    context.unflushed.add(id);
    return [id];
  } finally {
    await rm(staging.directory, { recursive: true, force: true });
  }
}

async function titleOf({ store }: WayContext, run: readonly string[]): Promise<string> {
  const [first, last] = await Promise.all([run[0] ?? '', run.at(-1) ?? ''].map((id) => readEntry(store, id)));
  return `${run.length} layers, ${first?.title ?? ''} to ${last?.title ?? ''}`;
}
