// SPDX-License-Identifier: Apache-2.0
import { open } from 'node:fs/promises';
import type { HostPath } from '../../../model/brands.ts';
import type { WorkerContext } from '../../context.ts';
import { runToolQuietly } from '../../run-tool-quietly.ts';

const MAGIC = 'hsqs';
/** Seconds of the Unix time, 32 bits. Source: the kernel's Documentation/filesystems/squashfs, struct squashfs_super_block. */
const TIME_AT = 8;

/** Gives a squashfs image for its date SOURCE_DATE_EPOCH, when the user set it, else that of the newest file in it. */
export async function settleSquashfs(
  context: WorkerContext,
  { file, tree }: { readonly file: HostPath; readonly tree: HostPath },
): Promise<void> {
  const given = context.plan.environment['SOURCE_DATE_EPOCH'] ?? '';
  const seconds = /^\d+$/.test(given) ? Number(given) : await newestIn(context, tree);
  const image = await open(file, 'r+');
  try {
    const field = Buffer.alloc(4);
    await image.read(field, 0, 4, 0);
    if (field.toString('latin1') !== MAGIC) return;
    field.writeUInt32LE(Math.max(0, Math.min(Math.floor(seconds), 0xffffffff)));
    await image.write(field, 0, 4, TIME_AT);
  } finally {
    await image.close();
  }
}

/** Seconds. What is left out of the image does not count. */
async function newestIn(context: WorkerContext, tree: HostPath): Promise<number> {
  const without = ['proc', 'sys'].flatMap((name) => ['-path', `${tree}/${name}/*`, '-prune', '-o']);
  const argv = ['find', tree, ...without, '-printf', '%T@\n'] as const;
  const { stdout } = await runToolQuietly(context, 'looking for the newest file', { argv });
  return stdout.split('\n').reduce((newest, line) => Math.max(newest, Number(line)), 0);
}
