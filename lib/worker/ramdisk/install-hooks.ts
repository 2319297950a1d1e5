// SPDX-License-Identifier: Apache-2.0
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostPath } from '../../model/brands.ts';
import { phaseNamed } from '../../model/phases.ts';
import { runPhase } from '../tree/grow-tree.ts';
import type { Growth } from '../tree/growth.ts';
import { hooksOfPhase } from '../tree/phase-hooks.ts';
import { ramdiskInTarget } from '../tree/run-hook.ts';
import { runToolQuietly } from '../run-tool-quietly.ts';
import { inScratchTree } from './scratch-tree.ts';

type Places = {
  readonly tree: HostPath;
  /** What becomes the RAM disk. */
  readonly directory: HostPath;
};

/** Runs ramdisk-install.d in the tree, with the RAM disk to be at TMP_MOUNT_PATH. */
export async function runInstallHooks(growth: Growth, { tree, directory }: Places): Promise<void> {
  const { context } = growth;
  const phase = phaseNamed('ramdisk-install.d');
  if ((await hooksOfPhase(context, phase.name)).length === 0) return;
  await inScratchTree(growth, tree, async (inScratch) => {
    const place = join(inScratch.paths.tree, ramdiskInTarget);
    await mkdir(place, { recursive: true });
    await runToolQuietly(context, 'showing hooks the RAM disk', {
      argv: ['mount', '--bind', directory, place],
    });
    await runPhase({ ...growth, context: inScratch, isOnDisk: true }, phase);
  });
}
