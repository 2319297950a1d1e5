// SPDX-License-Identifier: Apache-2.0
import { takeLease } from '../../store/leases.ts';
import { refuseWhenStopped } from '../context.ts';
import type { TreeContext } from './tree-context.ts';
import type { Chain } from './mount-tree.ts';

/** A step as one that may be found done. */
export type FindableStep = {
  /** Null: it is made in every build. */
  readonly key: string | null;
  /** Null: it is not stored. */
  readonly find: (key: string) => Promise<Chain | null>;
  readonly make: () => Promise<Chain>;
  /** Another build is making it. */
  readonly onWait: () => void;
};

/** Of builds at once that want the same step one makes it, and the others find it; when it fails, the next one tries. */
export async function findOrMake(
  context: TreeContext,
  { key, find, make, onWait }: FindableStep,
): Promise<{ readonly chain: Chain; readonly hasRun: boolean }> {
  const stored = key === null ? null : await find(key);
  if (stored !== null) return { chain: stored, hasRun: false };
  const makeInTurn = async (): Promise<Chain> => {
    await context.turn.take();
    refuseWhenStopped(context);
    return make();
  };
  // With --no-cache nothing would be found afterwards either.
  if (key === null || context.store.madeAfter === Infinity)
    return { chain: await makeInTurn(), hasRun: true };
  const waitElsewhere = (): void => {
    context.turn.handOn();
    onWait();
  };
  const lease = await takeLease(context.store, key, { onWait: waitElsewhere, stop: context.stop });
  try {
    refuseWhenStopped(context);
    const meanwhile = await find(key);
    if (meanwhile !== null) return { chain: meanwhile, hasRun: false };
    return { chain: await makeInTurn(), hasRun: true };
  } finally {
    await lease?.release();
  }
}
