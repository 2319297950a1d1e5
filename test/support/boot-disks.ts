// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { MiB } from '../../lib/model/brands.ts';
import { succeed } from './ordinary-user.ts';

/** Path → text, or `-> TARGET` for a symbolic link. */
export type TreeFiles = Readonly<Record<string, string>>;

export type MadeFileSystem = {
  readonly type: 'ext4' | 'xfs' | 'btrfs' | 'vfat';
  readonly files: TreeFiles;
};

/** What each needs at least; the sizes are those of today's defaults. */
const sizes = { ext4: 32 * MiB, xfs: 320 * MiB, btrfs: 200 * MiB, vfat: 40 * MiB };

/** A file system as a file of its own, filled without mounting it. */
export function makeFileSystem(directory: string, name: string, { type, files }: MadeFileSystem): string {
  const tree = join(directory, `${name}.tree`);
  const image = join(directory, `${name}.${type}`);
  writeTree(tree, files);
  writeFileSync(image, '');
  truncateSync(image, sizes[type]);
  fill[type](image, tree, files);
  rmSync(tree, { recursive: true });
  return image;
}

function writeTree(tree: string, files: TreeFiles): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    const link = linkIn(text);
    if (link === null) writeFileSync(join(tree, path), text);
    else symlinkSync(link, join(tree, path));
  }
}

const linkIn = (text: string): string | null => (text.startsWith('-> ') ? text.slice(3) : null);

const fill: Readonly<
  Record<MadeFileSystem['type'], (image: string, tree: string, files: TreeFiles) => void>
> = {
  ext4: (image, tree) => void succeed('mke2fs', ['-q', '-t', 'ext4', '-d', tree, image]),
  btrfs: (image, tree) => void succeed('mkfs.btrfs', ['-q', '--rootdir', tree, image]),
  xfs: (image, tree, files) => {
    const prototype = `${tree}.proto`;
    writeFileSync(prototype, ['/', '0 0', 'd--755 0 0', ...prototypeOf(tree, files), '$', ''].join('\n'));
    succeed('mkfs.xfs', ['-q', '-p', prototype, image]);
    rmSync(prototype);
  },
  vfat: (image, tree, files) => {
    succeed('mkfs.vfat', ['-F', '32', image]);
    const tops = [...new Set(Object.keys(files).map((path) => join(tree, path.split('/')[0] ?? '')))];
    succeed('mcopy', ['-s', '-i', image, ...tops, '::']);
  },
};

/** Directories and their contents as mkfs.xfs(8) reads them. */
function prototypeOf(tree: string, files: TreeFiles, prefix = ''): readonly string[] {
  const below = Object.keys(files).filter((path) => path.startsWith(prefix));
  const names = [...new Set(below.map((path) => path.slice(prefix.length).split('/')[0] ?? ''))];
  return names.flatMap((name) => {
    const path = `${prefix}${name}`;
    const text = files[path];
    if (text === undefined) return [`${name} d--755 0 0`, ...prototypeOf(tree, files, `${path}/`), '$'];
    const link = linkIn(text);
    return [link === null ? `${name} ---644 0 0 ${join(tree, path)}` : `${name} l--777 0 0 ${link}`];
  });
}

export type MadeDisk = {
  readonly table: 'dos' | 'gpt';
  /** In order. An EFI system partition is a vfat of type `U`. */
  readonly partitions: readonly { readonly type: string; readonly content: MadeFileSystem }[];
};

/** A disk of partitions, each right behind the other. */
export function makeDisk(directory: string, name: string, { table, partitions }: MadeDisk): string {
  const disk = join(directory, `${name}.raw`);
  const made = partitions.map(({ content }, index) => makeFileSystem(directory, `${name}-${index}`, content));
  const lengths = partitions.map(({ content }) => sizes[content.type]);
  const starts = lengths.map((_, index) => lengths.slice(0, index).reduce((sum, each) => sum + each, MiB));
  writeFileSync(disk, '');
  truncateSync(
    disk,
    lengths.reduce((sum, each) => sum + each, 2 * MiB),
  );
  const rows = partitions.map(
    ({ type }, index) =>
      `start=${(starts[index] ?? 0) / 512}, size=${(lengths[index] ?? 0) / 512}, type=${type}`,
  );
  succeed('sfdisk', ['-q', disk], [`label: ${table}`, ...rows, ''].join('\n'));
  for (const [index, file] of made.entries()) {
    const seek = [`seek=${starts[index] ?? 0}`, 'oflag=seek_bytes', 'conv=notrunc,sparse', 'bs=1M'];
    succeed('dd', [`if=${file}`, `of=${disk}`, ...seek, 'status=none']);
    rmSync(file);
  }
  return disk;
}

/** Compressed, beside it. */
export const asQcow2 = (raw: string): string => converted(raw, 'qcow2', ['-c']);

/** @param format As qemu-img calls it. @returns the file beside the raw one. */
export function converted(raw: string, format: string, options: readonly string[] = []): string {
  const file = raw.replace(/\.\w+$/, `.${format}`);
  if (relative(raw, file) === '') throw new Error(`${raw} has no extension to replace`);
  succeed('qemu-img', ['convert', '-q', ...options, '-O', format, raw, file]);
  return file;
}
