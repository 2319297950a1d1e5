// SPDX-License-Identifier: Apache-2.0
import { chmod, constants, copyFile, mkdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { HostPath } from '../../model/brands.ts';
import { compareBytes } from '../../model/hook-order.ts';
import type { RamdiskEntry } from '../../ramdisk/ramdisk-entry.ts';
import type { TreeReader } from '../../ramdisk/tree-reader.ts';

export type Staged = {
  /** The root of the tree that copies are from. */
  readonly tree: HostPath;
  readonly reader: TreeReader;
  /** The directory that becomes the RAM disk. */
  readonly directory: HostPath;
};

/** Puts entries where the RAM disk has them. Of two for one place the first counts. @returns bytes of files. */
export async function stageEntries(staged: Staged, entries: readonly RamdiskEntry[]): Promise<number> {
  const first = new Map<string, RamdiskEntry>();
  for (const entry of entries) if (!first.has(entry.path)) first.set(entry.path, entry);
  const sorted = [...first.values()].sort((a, b) => compareBytes(a.path, b.path));
  let bytes = 0;
  for (const entry of sorted) bytes += await stageEntry(staged, entry);
  return bytes;
}

async function stageEntry(staged: Staged, entry: RamdiskEntry): Promise<number> {
  const to = join(staged.directory, entry.path);
  await makeParents(staged, dirname(entry.path));
  switch (entry.kind) {
    case 'directory':
      await mkdir(to, { recursive: true });
      await chmod(to, entry.mode);
      return 0;
    case 'link':
      await symlink(linkText(staged, entry), to).catch(unlessThere);
      return 0;
    case 'copy':
      await rm(to, { force: true });
      return copyEntry(staged, entry.from, to);
    case 'text':
      await rm(to, { force: true });
      await writeFile(to, entry.text);
      await chmod(to, entry.mode);
      return Buffer.byteLength(entry.text);
  }
}

/** A directory's link must not lead out of the RAM disk while it is being filled. */
function linkText(
  { reader }: Staged,
  { path, text }: { readonly path: string; readonly text: string },
): string {
  const isWayOut = text.startsWith('/') && reader.find(path)?.kind === 'directory';
  return isWayOut ? relative(dirname(path), text) : text;
}

async function copyEntry({ tree }: Staged, from: string, to: string): Promise<number> {
  const source = join(tree, from);
  const { mode, size } = await stat(source);
  await copyFile(source, to, constants.COPYFILE_FICLONE);
  await chmod(to, mode & 0o7777);
  return size;
}

/** With the modes they have in the tree. */
async function makeParents({ directory, reader }: Staged, path: string): Promise<void> {
  const made = await mkdir(join(directory, path), { recursive: true });
  if (made === undefined) return;
  for (let each = path; each.length > 1; each = dirname(each)) {
    const found = reader.find(each);
    await chmod(join(directory, each), found?.kind === 'directory' ? found.mode : 0o755);
    if (join(directory, each) === made) return;
  }
}

function unlessThere(error: unknown): void {
  const isThere = error instanceof Error && 'code' in error && error.code === 'EEXIST';
  if (!isThere) throw error;
}
