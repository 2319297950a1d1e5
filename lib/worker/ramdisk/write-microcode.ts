// SPDX-License-Identifier: Apache-2.0
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { HostPath } from '../../model/brands.ts';
import { hostPath } from '../../model/brands.ts';
import { microcodeParts } from '../../ramdisk/microcode.ts';
import { realTreeReader } from './real-tree-reader.ts';
import { writeCpio } from './write-cpio.ts';

/** Writes the archive that the kernel looks for microcode in. @returns its size: 0 where the tree has none, and no file is written. */
export async function writeMicrocode(
  file: HostPath,
  { tree, date }: { readonly tree: HostPath; readonly date: number },
): Promise<number> {
  const reader = realTreeReader(tree);
  const parts = microcodeParts(reader);
  if (parts.length === 0) return 0;
  const directory = hostPath(await mkdtemp(`${file}.`));
  try {
    for (const { path, from } of parts) {
      await mkdir(join(directory, dirname(path)), { recursive: true });
      await writeFile(join(directory, path), Buffer.concat(from.map((each) => reader.read(each))));
    }
    await writeCpio(file, { directory, date, devices: [] });
    return (await stat(file)).size;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
