// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Host } from '../../host/host.ts';
import type { Isolation } from '../../host/isolation.ts';
import { storeKind } from '../../host/isolation.ts';
import { hostPath } from '../../model/brands.ts';
import type { BuildPlan } from '../../model/plan.ts';
import type { Store, StoreKind } from '../../model/store-paths.ts';
import { storeIn } from '../../model/store-paths.ts';
import { chooseWay } from './choose-way.ts';
import type { TreeWay } from './tree-way.ts';

/** The store as one build uses it. */
export type TreeStore = Store & {
  readonly kind: StoreKind;
  readonly way: TreeWay;
  readonly bootId: string;
  /** Layers made before this moment are not reused, milliseconds since the epoch; Infinity: none is. */
  readonly madeAfter: number;
};

type Use = {
  readonly plan: BuildPlan;
  readonly isolation: Isolation;
  /** Names this build's directory in the store, which is not made yet. */
  readonly buildName: string;
};

export async function openTreeStore(host: Host, { plan, isolation, buildName }: Use): Promise<TreeStore> {
  const { cacheDirectory, reuse, maxAgeSeconds } = plan.execution.store;
  const kind = storeKind(isolation);
  const store = storeIn(cacheDirectory, kind);
  const oldest = maxAgeSeconds === null ? 0 : Date.now() - maxAgeSeconds * 1000;
  return {
    ...store,
    kind,
    way: await chooseWay(host, store, { kind, directory: hostPath(join(store.work, buildName)) }),
    bootId: (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim(),
    madeAfter: reuse ? oldest : Infinity,
  };
}
