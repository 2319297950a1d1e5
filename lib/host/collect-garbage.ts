// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import type { Bytes, HostPath } from '../model/brands.ts';
import type { StoreKind } from '../model/store-paths.ts';
import { storeIn } from '../model/store-paths.ts';
import type { Host } from './host.ts';
import { inNamespaces } from './isolation.ts';
import { packageRoot } from './package-root.ts';

/** What the collector reads from standard input. */
export type CollectorOrder = {
  readonly cacheDirectory: HostPath;
  readonly kind: StoreKind;
  /** What may stay: the layers used last, this much of them. */
  readonly limitBytes: Bytes;
};

export type Collected =
  | { readonly done: true; readonly layers: number; readonly bytes: number }
  /** A build holds the store, or the collector failed: its words. */
  | { readonly done: false; readonly why: string };

/**
 * Removes the layers used longest ago, as root or in the user's own namespace, where their owners can be removed.
 * Never while a build uses the store.
 */
export async function collectGarbage(host: Host, order: CollectorOrder): Promise<Collected> {
  const store = storeIn(order.cacheDirectory, order.kind);
  const [program, ...words] = inNamespaces(order.kind === 'user' ? 'user-namespace' : 'root');
  const locking = [
    'flock',
    '--exclusive',
    '--nonblock',
    '--conflict-exit-code',
    '75',
    '--no-fork',
    store.lock,
  ];
  const collector = [process.execPath, join(packageRoot, 'dist/worker/collect.js')];
  const argv = [program, ...words, ...locking, ...collector] as const;
  const result = await host.run({ argv, input: JSON.stringify(order) });
  if (result.exitStatus === 75) return { done: false, why: 'a build is using the store' };
  if (result.exitStatus !== 0) return { done: false, why: result.lastLines.join('\n') };
  return { done: true, ...(JSON.parse(result.stdout) as { layers: number; bytes: number }) };
}
