// SPDX-License-Identifier: Apache-2.0
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostPath } from '../../model/brands.ts';
import type { RamdiskSource } from '../../model/ramdisk-source.ts';
import type { WorkerContext } from '../context.ts';
import { namingFullDisk } from '../run-tool-quietly.ts';
import { namingUnreadable } from './naming-unreadable.ts';
import { openRamdiskTree } from './ramdisk-tree.ts';

export type KernelJob = {
  readonly source: RamdiskSource;
  readonly tree: HostPath;
  readonly file: HostPath;
  readonly output: HostPath;
};

/** A file like any other output, whatever its mode in the tree: whoever starts a machine reads it. */
export async function copyKernel(context: WorkerContext, job: KernelJob): Promise<void> {
  const { kernel } = openRamdiskTree(job.tree, job.source);
  const image = await namingUnreadable(() => readFile(join(job.tree, kernel.image)));
  await namingFullDisk(job.output, `copying the kernel to ${job.output}`, () => writeFile(job.file, image));
  context.report({ kind: 'note', text: `${job.output} is kernel ${kernel.version}` });
}
