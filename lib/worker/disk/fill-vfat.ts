// SPDX-License-Identifier: Apache-2.0
import { readdir, readlink, stat } from 'node:fs/promises';
import type { Dirent } from 'node:fs';
import { join } from 'node:path';
import type { HostPath } from '../../model/brands.ts';
import { hostPath } from '../../model/brands.ts';
import type { SizedFileSystem } from '../../model/layout.ts';
import type { WorkerContext } from '../context.ts';
import type { FileSystemView } from './file-system-view.ts';
import { runToolQuietly } from '../run-tool-quietly.ts';

type Target = { readonly view: FileSystemView; readonly file: HostPath; readonly sectorSize: number };

/** Makes a FAT file system inside the raw file, filled from the view: content and times, which is all FAT has. */
export async function makeVfat(
  context: WorkerContext,
  fileSystem: SizedFileSystem,
  { view, file, sectorSize }: Target,
): Promise<void> {
  const doing = `making the file system ${fileSystem.node}`;
  await runToolQuietly(context, doing, { argv: mkfsVfatCommand(fileSystem, file, sectorSize) });
  const volume = {
    context,
    doing: `filling the file system ${fileSystem.node}`,
    file,
    image: `${file}@@${fileSystem.offset}`,
  };
  await copyDirectory(volume, view.directory, '');
  for (const path of view.missing) await makeDirectories(volume, path.split('/'));
}

/** Sectors of the volume are those of the disk. `--invariant` takes the clock out of it. */
export function mkfsVfatCommand(
  { label, uuid, options, offset, size }: SizedFileSystem,
  file: string,
  sectorSize: number,
): readonly [string, ...string[]] {
  const first = offset / sectorSize;
  const place = [`--offset=${first}`, '-S', String(sectorSize), '-h', String(first)];
  const identity = ['--invariant', '-i', uuid.replace('-', ''), '-n', label];
  const kind = fatWords(size, sectorSize, options);
  return ['mkfs.vfat', ...options, ...kind, ...place, ...identity, file, String(Math.floor(size / 1024))];
}

/** mkfs.vfat goes by the size of the whole file: told what it would choose on a device of the file system's own size. */
function fatWords(size: number, sectorSize: number, options: readonly string[]): readonly string[] {
  const given = /(?:^| )-F ?(\d+)/.exec(options.join(' '))?.[1];
  const bits = given ?? String(fatBits(size, sectorSize));
  const clusters =
    bits === '32' && !options.some((word) => word.startsWith('-s')) ? fat32Clusters(size, sectorSize) : [];
  return [...(given === undefined ? ['-F', bits] : []), ...clusters];
}

function fatBits(size: number, sectorSize: number): 12 | 16 | 32 {
  if (size >= 512 * MiB) return 32;
  // FAT16 has at least 4085 clusters, of four sectors here; some room goes to the tables.
  return size / (4 * sectorSize) >= 4200 ? 16 : 12;
}

function fat32Clusters(size: number, sectorSize: number): readonly string[] {
  const steps: readonly (readonly [number, number])[] = [
    [260 * MiB, 512],
    [8 * 1024 * MiB, 4096],
    [16 * 1024 * MiB, 8192],
    [32 * 1024 * MiB, 16384],
  ];
  const cluster = steps.find(([most]) => size <= most)?.[1] ?? 32768;
  return ['-s', String(Math.max(1, cluster / sectorSize))];
}

const MiB = 1024 * 1024;

type Volume = {
  readonly context: WorkerContext;
  readonly doing: string;
  readonly file: HostPath;
  /** As mtools names it: with the offset. */
  readonly image: string;
};

async function copyDirectory(volume: Volume, from: HostPath, to: string): Promise<void> {
  const entries = (await readdir(from, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1));
  const files: string[] = [];
  for (const entry of entries) {
    if (entry.isDirectory()) {
      const below = `${to}/${entry.name}`;
      await mtool(volume, ['mmd', '-i', volume.image, `::${below}`]);
      await copyDirectory(volume, hostPath(join(from, entry.name)), below);
    } else if (await isCopied(volume, from, entry)) files.push(join(from, entry.name));
  }
  if (files.length > 0)
    await mtool(volume, ['mcopy', '-i', volume.image, '-p', '-m', '-Q', ...files, `::${to}/`]);
}

/** A link beside its file becomes a copy of it; FAT has no other kind of file. */
async function isCopied({ context }: Volume, directory: string, entry: Dirent): Promise<boolean> {
  if (entry.isFile()) return true;
  const path = join(directory, entry.name);
  const isNearLink = entry.isSymbolicLink() && !(await readlink(path)).includes('/');
  const isFile =
    isNearLink &&
    (await stat(path)
      .then((stats) => stats.isFile())
      .catch(() => false));
  const fate = isFile ? 'is copied as the file it points at' : 'is left out';
  context.report({ kind: 'warning', text: `FAT cannot hold what ${path} is: it ${fate}` });
  return isFile;
}

async function makeDirectories(volume: Volume, parts: readonly string[]): Promise<void> {
  for (let depth = 1; depth <= parts.length; depth++) {
    const path = `::/${parts.slice(0, depth).join('/')}`;
    const isThere = await volume.context.host.run({ argv: ['mdir', '-b', '-i', volume.image, path] });
    if (isThere.exitStatus !== 0) await mtool(volume, ['mmd', '-i', volume.image, path]);
  }
}

/** Times are written as the local clock shows them; the image's is UTC. */
const mtool = (volume: Volume, [program, ...words]: readonly [string, ...string[]]): Promise<unknown> =>
  runToolQuietly(volume.context, volume.doing, {
    argv: ['env', 'TZ=UTC', 'MTOOLS_SKIP_CHECK=1', program, ...words],
    writesTo: volume.file,
  });
