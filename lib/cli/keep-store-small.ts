// SPDX-License-Identifier: Apache-2.0
import { collectGarbage } from '../host/collect-garbage.ts';
import type { Isolation } from '../host/isolation.ts';
import { storeKind } from '../host/isolation.ts';
import { realHost } from '../host/real-host.ts';
import type { BuildEvent } from '../model/event.ts';
import { isCachedPhase } from '../model/phases.ts';
import type { BuildPlan } from '../model/plan.ts';
import { storeIn } from '../model/store-paths.ts';
import { listStored, totalBytes } from '../store/garbage.ts';

/** Whether the event tells of something that was not in the store before. */
export function isStored(event: BuildEvent): boolean {
  if (event.kind === 'output-made') return !event.isReused;
  return event.kind === 'step-finished' && isCachedPhase(event.phase);
}

/**
 * After a build: removes the layers used longest ago when the store takes more than its limit.
 * A store that another build is using is left to that build.
 */
export async function keepStoreSmall({ execution }: BuildPlan, isolation: Isolation): Promise<void> {
  const { cacheDirectory, maxBytes: limitBytes } = execution.store;
  if (limitBytes === null) return;
  const kind = storeKind(isolation);
  const isOver = totalBytes(await listStored(storeIn(cacheDirectory, kind))) > limitBytes;
  if (isOver)
    await collectGarbage(realHost, { task: 'collect', cacheDirectory, kind, limitBytes, usedSince: 0 });
}
