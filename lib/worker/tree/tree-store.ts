// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import type { Isolation } from '../../host/isolation.ts';
import { storeKind } from '../../host/isolation.ts';
import type { BuildPlan } from '../../model/plan.ts';
import type { Store } from '../../model/store-paths.ts';
import { storeIn } from '../../model/store-paths.ts';
import { ensureEmptyLayer } from '../../store/layers.ts';

/** The store as one build uses it. */
export type TreeStore = Store & {
  readonly emptyLayer: string;
  /** Mount options that differ between uid 0 and a user namespace. */
  readonly overlayOptions: readonly string[];
  readonly bootId: string;
  /** Layers made before this moment are not reused, milliseconds since the epoch; Infinity: none is. */
  readonly madeAfter: number;
};

export async function openTreeStore(plan: BuildPlan, isolation: Isolation): Promise<TreeStore> {
  const { cacheDirectory, reuse, maxAgeSeconds } = plan.execution.store;
  const kind = storeKind(isolation);
  const store = storeIn(cacheDirectory, kind);
  const oldest = maxAgeSeconds === null ? 0 : Date.now() - maxAgeSeconds * 1000;
  return {
    ...store,
    emptyLayer: await ensureEmptyLayer(store),
    overlayOptions: kind === 'user' ? ['userxattr'] : [],
    bootId: (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim(),
    madeAfter: reuse ? oldest : Infinity,
  };
}
