// SPDX-License-Identifier: Apache-2.0
import type { StoredAttributes } from './attributes.ts';
import { checkedAttributeBlock } from './attributes.ts';
import { encodeMap } from './block-map.ts';
import type { DirectoryEntry } from './directory-blocks.ts';
import { encodeDirectory } from './directory-blocks.ts';
import { encodeDevice, encodeInode, inodeSeed, PLACE_BYTES } from './inode.ts';
import type { InodeNumbers } from './number-files.ts';
import { isSlowLink } from './place-files.ts';
import type { Places } from './place-files.ts';
import type { RawBlocks } from './raw-blocks.ts';
import { writeBlock } from './raw-blocks.ts';
import type { SourceFile } from './source-tree.ts';
import type { ExtShape } from './super-block.ts';

export type PlacedTree = {
  readonly shape: ExtShape;
  readonly numbers: InodeNumbers;
  readonly places: Places;
  readonly attributes: ReadonlyMap<SourceFile, StoredAttributes>;
  /** Entries of the top directory that the tree does not have: mke2fs's own. */
  readonly ownEntries: readonly DirectoryEntry[];
};

/** An inode to be put into its table. */
export type InodeRecord = { readonly number: number; readonly isDirectory: boolean; readonly data: Buffer };

/** Writes the blocks of directories, attributes and maps of files. @returns the inodes, in order. */
export async function writeMetadata(raw: RawBlocks, tree: PlacedTree): Promise<readonly InodeRecord[]> {
  const inodes: InodeRecord[] = [];
  const parents = parentsIn(tree);
  for (const [file, number] of tree.numbers) {
    if (file.kind === 'directory') {
      await writeDirectory(raw, tree, { file, number, parent: parents.get(file) ?? number });
    }
    await writeAttributes(raw, tree, file);
    const data = await writeMap(raw, tree, { file, number });
    inodes.push({ number, isDirectory: file.kind === 'directory', data });
  }
  return inodes.sort((a, b) => a.number - b.number);
}

/** Numbers of the directories that directories are in. */
function parentsIn({ numbers }: PlacedTree): ReadonlyMap<SourceFile, number> {
  const parents = new Map<SourceFile, number>();
  for (const [{ entries }, number] of numbers) {
    for (const { file } of entries) if (file.kind === 'directory') parents.set(file, number);
  }
  return parents;
}

type Directory = { readonly file: SourceFile; readonly number: number; readonly parent: number };

async function writeDirectory(raw: RawBlocks, tree: PlacedTree, directory: Directory): Promise<void> {
  const { shape, numbers, places, ownEntries } = tree;
  const { file, number, parent } = directory;
  const entries: DirectoryEntry[] = [
    { name: '.', number, kind: 'directory' },
    { name: '..', number: parent, kind: 'directory' },
    ...(file.path === '' ? ownEntries : []),
    ...file.entries.map((entry) => ({
      name: entry.name,
      number: numbers.get(entry.file) ?? 0,
      kind: entry.file.kind,
    })),
  ];
  const blocks = encodeDirectory(entries, shape, inodeSeed(shape, number));
  for (const { logical, physical, count } of places.extents.get(file) ?? []) {
    await writeBlock(raw, physical, Buffer.concat(blocks.slice(logical, logical + count)));
  }
}

async function writeAttributes(raw: RawBlocks, tree: PlacedTree, file: SourceFile): Promise<void> {
  const block = tree.places.attributeBlocks.get(file);
  const data = tree.attributes.get(file)?.inBlock ?? null;
  if (block === undefined || data === null) return;
  await writeBlock(raw, block, checkedAttributeBlock(data, block, tree.shape));
}

type Numbered = { readonly file: SourceFile; readonly number: number };

async function writeMap(raw: RawBlocks, tree: PlacedTree, { file, number }: Numbered): Promise<Buffer> {
  const { shape, places, attributes } = tree;
  const extents = places.extents.get(file) ?? [];
  const attributeBlock = places.attributeBlocks.get(file) ?? 0;
  const own = places.mapBlocks.get(file) ?? [];
  const seed = inodeSeed(shape, number);
  const { root, blocks } = encodeMap(extents, shape, { places: own, inodeSeed: seed });
  for (const { block, data } of blocks) await writeBlock(raw, block, data);
  const content = extents.reduce((sum, { count }) => sum + count, 0);
  const hasBlocks = file.kind === 'file' || file.kind === 'directory' || isSlowLink(file);
  const hasExtents = hasBlocks && shape.has.extents;
  const { mode, uid, gid, mtimeNanoseconds } = file;
  return encodeInode(shape, {
    ...{ number, mode, uid, gid, mtimeNanoseconds, hasExtents, attributeBlock },
    size: file.kind === 'directory' ? content * shape.blockSize : sizeOf(file),
    links: linksOf(file, tree),
    blocks: content + blocks.length + (attributeBlock === 0 ? 0 : 1),
    place: hasBlocks ? root : placeOf(file),
    attributes: attributes.get(file)?.inInode ?? null,
  });
}

const sizeOf = ({ kind, size }: SourceFile): number => (kind === 'file' || kind === 'symlink' ? size : 0);

/** Beyond this a directory does not say how many it has. */
const MOST_SUBDIRECTORIES = 64998;

function linksOf({ kind, path, entries, names }: SourceFile, { ownEntries }: PlacedTree): number {
  if (kind !== 'directory') return names;
  const inside = entries.filter(({ file }) => file.kind === 'directory').length;
  const own = path === '' ? ownEntries.length : 0;
  return inside + own > MOST_SUBDIRECTORIES ? 1 : 2 + inside + own;
}

/** What is in the inode of a file without blocks. */
function placeOf({ kind, target, device: [major, minor] }: SourceFile): Buffer {
  if (kind === 'character' || kind === 'block') return encodeDevice(major, minor);
  const place = Buffer.allocUnsafe(PLACE_BYTES).fill(0);
  if (kind === 'symlink') place.write(target, 'latin1');
  return place;
}
