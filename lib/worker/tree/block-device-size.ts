// SPDX-License-Identifier: Apache-2.0
import type { Bytes } from '../../model/brands.ts';
import { bytes, GiB, KiB } from '../../model/brands.ts';
import { BuildFailure } from '../../model/failure.ts';
import type { BuildPlan } from '../../model/plan.ts';
import type { Growth } from './growth.ts';
import { carryOut } from './growth.ts';
import type { FoundHook } from './run-hook.ts';
import { runHook } from './run-hook.ts';

/**
 * Runs a hook of block-device-size.d. The last line `IMAGE_SIZE=` that it prints, in GB, becomes the size of the disk,
 * as if the user had asked for it. Hooks that the plan leaves out, since the user did ask, are not run.
 */
export async function askSize(growth: Growth, hook: FoundHook): Promise<Growth> {
  const { context, api } = growth;
  if (!context.plan.tree.some(({ phase }) => phase === hook.phase)) return growth;
  const title = `${hook.phase}/${hook.script}`;
  const lines: string[] = [];
  const run = (): Promise<void> => runHook(context, hook, (line) => lines.push(line));
  const { growth: grown } = await carryOut(growth, { title, key: null, api, run }, hook);
  const size = sizeAsked(lines, title);
  return size === null ? grown : { ...grown, context: { ...context, plan: withSize(context.plan, size) } };
}

/** The last size that is said, in GB; null: none is. @throws BuildFailure input-invalid when it is no size. */
export function sizeAsked(lines: readonly string[], title: string): string | null {
  const said = lines.flatMap((line) => /^\s*(?:export\s+)?IMAGE_SIZE=(.*)$/.exec(line)?.[1] ?? []).at(-1);
  if (said === undefined) return null;
  const size = /^(["']?)(\d{1,9}(?:\.\d{1,9})?)\1;?\s*$/.exec(said)?.[2];
  if (size !== undefined && sizeInBytes(size) > 0) return size;
  const message = `${title} printed IMAGE_SIZE=${said}, which is no size in GB`;
  const problems = [{ message, hints: ['let it print a number above 0, as in IMAGE_SIZE=16'] }];
  throw new BuildFailure({ kind: 'input-invalid', problems });
}

const sizeInBytes = (size: string): Bytes => bytes(Math.floor((Number(size) * GiB) / KiB) * KiB);

/** Later hooks find it in IMAGE_SIZE, and where `--image-size` would have put it. */
function withSize(plan: BuildPlan, size: string): BuildPlan {
  const request = { size: sizeInBytes(size) };
  return {
    ...plan,
    environment: { ...plan.environment, IMAGE_SIZE: size, DIB_IMAGE_SIZE: size },
    disk: plan.disk === null ? null : { ...plan.disk, request: { ...plan.disk.request, ...request } },
  };
}
