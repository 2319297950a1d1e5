// SPDX-License-Identifier: Apache-2.0
import { open, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostPath } from '../../model/brands.ts';
import type { SizedFileSystem } from '../../model/layout.ts';
import type { WorkerContext } from '../context.ts';
import { runToolQuietly } from '../run-tool-quietly.ts';

const PAGE = 4096;

/** Swap space is its first page: it is made in a file of its own and put in place. */
export async function makeSwap(
  context: WorkerContext,
  { node, label, uuid, options, offset, size }: SizedFileSystem,
  file: HostPath,
): Promise<void> {
  const side = join(context.paths.image, `${node}.swap`);
  await writeFile(side, '', { mode: 0o600 });
  await truncate(side, size);
  const words = ['--pagesize', String(PAGE), '-L', label, '-U', uuid];
  const argv = ['mkswap', ...options, ...words, side] as const;
  await runToolQuietly(context, `making the swap space ${node}`, { argv });
  await copyFirstPage(side, file, offset);
  await rm(side);
}

async function copyFirstPage(from: string, to: string, offset: number): Promise<void> {
  const source = await open(from, 'r');
  const target = await open(to, 'r+');
  try {
    const { buffer } = await source.read(Buffer.alloc(PAGE), 0, PAGE, 0);
    await target.write(buffer, 0, PAGE, offset);
  } finally {
    await source.close();
    await target.close();
  }
}
