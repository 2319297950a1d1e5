// SPDX-License-Identifier: Apache-2.0
import { access, constants, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostPath } from '../../model/brands.ts';
import { hostPath } from '../../model/brands.ts';
import type { RamdiskPacking } from '../../model/plan.ts';
import type { RamdiskSource } from '../../model/ramdisk-source.ts';
import type { WorkerContext } from '../context.ts';
import { timed } from '../measure.ts';
import type { Growth } from '../tree/growth.ts';
import { indexContents } from './index-contents.ts';
import { runInstallHooks } from './install-hooks.ts';
import { namingUnreadable } from './naming-unreadable.ts';
import { packRamdisk } from './pack-ramdisk.ts';
import { describeParts } from './ramdisk-parts.ts';
import type { RamdiskPart } from './ramdisk-parts.ts';
import type { RamdiskTree } from './ramdisk-tree.ts';
import { openRamdiskTree } from './ramdisk-tree.ts';
import { stageRamdisk } from './stage-ramdisk.ts';

export type InitramfsJob = {
  readonly source: RamdiskSource;
  readonly packing: RamdiskPacking;
  /** Mounted; the root of this machine when the source is the host. */
  readonly tree: HostPath;
  readonly growth: Growth;
  /** Where to write. */
  readonly file: HostPath;
  /** The name it will get, for messages. */
  readonly output: HostPath;
  readonly signal: AbortSignal;
};

/** Gathers what the RAM disk holds in a directory, lets hooks change it, and packs it. */
export async function makeInitramfs(context: WorkerContext, job: InitramfsJob): Promise<void> {
  const directory = hostPath(join(context.paths.work, 'ramdisk'));
  await mkdir(directory, { mode: 0o755 });
  try {
    const tree: RamdiskTree = openRamdiskTree(job.tree, job.source);
    const parts = await namingUnreadable(() =>
      withUsualModes(() => fill(context, { ...job, tree, directory })),
    );
    const packed = await timed(context, 'packing the RAM disk', () =>
      packRamdisk(context, { ...job, directory }),
    );
    context.report({ kind: 'note', text: describeParts(job.output, parts, packed) });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** The umask is the user's while outputs are made; what is inside must not depend on who builds. No other output is made meanwhile. */
async function withUsualModes<T>(make: () => Promise<T>): Promise<T> {
  const mask = process.umask(0o022);
  try {
    return await make();
  } finally {
    process.umask(mask);
  }
}

type Filling = Pick<InitramfsJob, 'growth'> & { readonly tree: RamdiskTree; readonly directory: HostPath };

async function fill(
  context: WorkerContext,
  { growth, tree, directory }: Filling,
): Promise<readonly RamdiskPart[]> {
  // A kernel that cannot be read is copied after this, and half a pair is of no use.
  await access(join(tree.root, tree.kernel.image), constants.R_OK);
  const parts = await timed(context, 'gathering the RAM disk', () => stageRamdisk(growth, tree, directory));
  await runInstallHooks(growth, { tree: tree.root, directory });
  await indexContents(context, tree, directory);
  return parts;
}
