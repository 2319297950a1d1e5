// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import type { Bytes, HostPath } from '../model/brands.ts';
import type { StoreKind } from '../model/store-paths.ts';
import { storeIn } from '../model/store-paths.ts';
import type { CommandResult, Host } from './host.ts';
import { inNamespaces } from './isolation.ts';
import { packageRoot } from './package-root.ts';

/** What the collector reads from standard input. */
export type CollectorOrder = {
  readonly cacheDirectory: HostPath;
  readonly kind: StoreKind;
} & (CollectingOrder | { readonly task: 'verify'; readonly isToRemove: boolean });

type CollectingOrder = {
  readonly task: 'collect';
  /** What may stay: the layers used last, this much of them. Null: any number. */
  readonly limitBytes: Bytes | null;
  /** What was not used since then goes too, milliseconds since the epoch. */
  readonly usedSince: number;
};

export type Collected =
  | ({ readonly done: true } & Removed)
  /** A build holds the store, or the collector failed: its words. */
  | { readonly done: false; readonly why: string };

/** How many layers and finished outputs went, and what they took. */
export type Removed = { readonly layers: number; readonly artifacts: number; readonly bytes: number };

/**
 * Removes the layers and outputs used longest ago, as root or in the user's own namespace, where their owners can be removed.
 * Never while a build uses the store.
 */
export async function collectGarbage(
  host: Host,
  order: CollectorOrder & { readonly task: 'collect' },
): Promise<Collected> {
  const result = await host.run({ argv: collectorCommand(order, 'exclusive'), input: JSON.stringify(order) });
  if (result.exitStatus !== 0) return { done: false, why: whyNot(result) };
  return { done: true, ...(JSON.parse(result.stdout) as Removed) };
}

/**
 * Has every layer read by a process that may read all of it. Builds may go on meanwhile, unless something is to be removed.
 * @param onLine Is given each line of JSON that the collector prints.
 */
export async function verifyStore(
  host: Host,
  order: CollectorOrder & { readonly task: 'verify' },
  onLine: (line: string) => void,
): Promise<{ readonly done: true } | { readonly done: false; readonly why: string }> {
  const argv = collectorCommand(order, order.isToRemove ? 'exclusive' : 'shared');
  const result = await host.run({ argv, input: JSON.stringify(order), onLine });
  return result.exitStatus === 0 ? { done: true } : { done: false, why: whyNot(result) };
}

const HELD = 75;

const whyNot = ({ exitStatus, lastLines }: CommandResult): string =>
  exitStatus === HELD ? 'a build is using the store' : lastLines.join('\n');

function collectorCommand(
  { cacheDirectory, kind }: CollectorOrder,
  lock: 'shared' | 'exclusive',
): readonly [string, ...string[]] {
  const locking = ['flock', `--${lock}`, '--nonblock', '--conflict-exit-code', String(HELD), '--no-fork'];
  return [
    ...inNamespaces(kind === 'user' ? 'user-namespace' : 'root'),
    ...[...locking, storeIn(cacheDirectory, kind).lock],
    ...[process.execPath, join(packageRoot, 'dist/worker/collect.js')],
  ];
}
