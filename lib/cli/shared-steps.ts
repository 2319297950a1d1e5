// SPDX-License-Identifier: Apache-2.0
import type { BuildPlan, Step } from '../model/plan.ts';

/** How many steps two builds begin with in common, as far as their plans tell; keys decide when they are built. */
export function sharedSteps(one: Likened, other: Likened): number {
  if (one.arch !== other.arch) return 0;
  const index = one.tree.findIndex((step, place) => !isSame(step, other.tree[place]));
  return index === -1 ? one.tree.length : index;
}

type Likened = Pick<BuildPlan, 'arch' | 'tree'>;

const isSame = (step: Step, other: Step | undefined): boolean =>
  JSON.stringify(step) === JSON.stringify(other);
