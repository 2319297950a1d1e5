// SPDX-License-Identifier: Apache-2.0
import type { Growth } from '../tree/growth.ts';
import { targetEnvironment } from '../tree/run-hook.ts';
import type { RamdiskTree } from './ramdisk-tree.ts';
import { inScratchTree } from './scratch-tree.ts';

/**
 * Names of programs → packages that have them, as far as the tree can tell: by the command `packages-with-program`,
 * which an element that knows the distribution's packages brings. It prints lines of a name and its packages.
 */
export async function packagesWithPrograms(
  growth: Growth,
  tree: RamdiskTree,
  names: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  if (tree.source.isHost) return new Map();
  const { exitStatus, stdout } = await inScratchTree(growth, tree.root, (context) =>
    context.host.run({
      argv: ['chroot', context.paths.tree, 'packages-with-program', ...names],
      environment: targetEnvironment(context),
    }),
  );
  if (exitStatus !== 0) return new Map();
  const lines = stdout.split('\n').map((line) => line.split(' ').filter((word) => word !== ''));
  return new Map(
    lines.flatMap(([name, ...packages]) => (name === undefined ? [] : [[name, packages] as const])),
  );
}
