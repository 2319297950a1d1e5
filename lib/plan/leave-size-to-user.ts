// SPDX-License-Identifier: Apache-2.0
import type { MergedHooks } from '../elements/merge-hooks.ts';
import type { BuildRequest } from '../model/request.ts';

const phase = 'block-device-size.d';

/** Hooks that say how large the disk is to be are not asked when the user says it. */
export function leaveSizeToUser(
  merged: MergedHooks,
  { disk, environment }: Pick<BuildRequest, 'disk' | 'environment'>,
): MergedHooks {
  const asked = merged.hooks.filter((hook) => hook.phase === phase);
  if (disk.size === null || asked.length === 0) return merged;
  const elements = [...new Set(asked.map(({ element }) => element))].join(' and ');
  const size = environment['DIB_IMAGE_SIZE'] ?? '';
  return {
    hooks: merged.hooks.filter((hook) => hook.phase !== phase),
    notes: [...merged.notes, `${phase} of ${elements} is not asked: the image size is given as ${size} GB`],
  };
}
