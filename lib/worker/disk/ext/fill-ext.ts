// SPDX-License-Identifier: Apache-2.0
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import type { HostPath } from '../../../model/brands.ts';
import { BuildFailure } from '../../../model/failure.ts';
import type { BorrowedBytes } from '../raw-image.ts';
import { storeAttributes } from './attributes.ts';
import type { StoredAttributes } from './attributes.ts';
import type { BlockUsage, Run } from './block-usage.ts';
import { freeRuns, markFree, markUsed, readBlockUsage } from './block-usage.ts';
import type { Group } from './group-descriptors.ts';
import { readGroups, writeGroups } from './group-descriptors.ts';
import type { LayerHistory } from './layer-history.ts';
import type { MadeFiles } from './made-files.ts';
import { LOST_AND_FOUND, readMadeFiles, TOP_NUMBER } from './made-files.ts';
import { agesOf, numberFiles } from './number-files.ts';
import type { InodeNumbers } from './number-files.ts';
import { placeFiles } from './place-files.ts';
import type { Places } from './place-files.ts';
import type { RawBlocks } from './raw-blocks.ts';
import { readBytes, writeBlock, writeBytes } from './raw-blocks.ts';
import type { AttributesByPath } from './read-attributes.ts';
import type { SourceFile, SourceTree } from './source-tree.ts';
import { readShape, SUPER_BLOCK_BYTES, SUPER_BLOCK_OFFSET, updateSuperBlock } from './super-block.ts';
import type { ExtShape } from './super-block.ts';
import { borrowContent } from './borrow-content.ts';
import type { Content } from './write-content.ts';
import { findData, writeContent } from './write-content.ts';
import { writeBlockBitmaps, writeInodes } from './write-groups.ts';
import { writeMetadata } from './write-metadata.ts';

export type ExtContent = {
  readonly tree: SourceTree;
  readonly attributes: AttributesByPath;
  readonly history: LayerHistory;
};

export type ExtPlace = {
  readonly file: HostPath;
  /** Where the file system begins. */
  readonly offset: number;
  /** Where the content of files will still be read from, which then is not written; null: it is written. */
  readonly borrowFrom: HostPath | null;
  /** Called now and then; may throw to stop. */
  readonly onProgress: () => void;
};

/**
 * Fills an empty file system that mke2fs has made in a raw file, which is zeros where mke2fs wrote nothing.
 * @returns what was not written, or null, with nothing written at all, when it has anything that is not known here.
 * @throws FileSystemFull when the tree does not fit.
 */
export async function fillExt(
  content: ExtContent,
  place: ExtPlace,
): Promise<readonly BorrowedBytes[] | null> {
  const file = await open(place.file, 'r+');
  try {
    const empty = await readEmpty(file, place.offset);
    return empty === null ? null : await fill(empty, content, place);
  } finally {
    await file.close();
  }
}

type EmptyExt = {
  readonly raw: RawBlocks;
  readonly superBlock: Buffer;
  readonly shape: ExtShape;
  readonly groups: readonly Group[];
  readonly usage: BlockUsage;
  readonly made: MadeFiles;
};

async function readEmpty(file: FileHandle, offset: number): Promise<EmptyExt | null> {
  const superBlock = await readBytes({ file, offset, blockSize: 0 }, SUPER_BLOCK_OFFSET, SUPER_BLOCK_BYTES);
  const shape = readShape(superBlock);
  if (shape === null) return null;
  const raw = { file, offset, blockSize: shape.blockSize };
  const groups = await readGroups(raw, shape);
  const usage = await readBlockUsage(raw, shape, groups);
  const made = usage === null ? null : await readMadeFiles(raw, shape, groups);
  return usage === null || made === null ? null : { raw, superBlock, shape, groups, usage, made };
}

async function fill(
  empty: EmptyExt,
  content: ExtContent,
  place: ExtPlace,
): Promise<readonly BorrowedBytes[]> {
  const { raw, shape, groups, usage } = empty;
  const { tree } = content;
  const ages = agesOf(tree.files, content.history);
  const numbers = numberFiles(ages, content.history, numberSpace(empty, tree));
  const attributes = storedAttributes(content, shape);
  const dataRuns = await dataOfSparse(tree, shape);
  await giveBack(empty, tree);
  const free = freeRuns(usage);
  const places = placeFiles({ ages, attributes, dataRuns }, { shape, offset: place.offset, free });
  const contents = [...places.extents].map(([file, extents]) => ({ file, extents }));
  const isBorrowed = ({ file }: Content): boolean => place.borrowFrom !== null && file.kind === 'file';
  const borrowed =
    place.borrowFrom === null ? [] : borrowContent(raw, place.borrowFrom, contents.filter(isBorrowed));
  await writeContent(raw, tree.directory, {
    contents: contents.filter((own) => own.file.kind !== 'directory' && !isBorrowed(own)),
    onWindow: place.onProgress,
  });
  const ownEntries = ownEntriesOf(empty, tree);
  const inodes = await writeMetadata(raw, { shape, numbers, places, attributes, ownEntries });
  markPlaces(usage, places);
  await writeInodes(raw, { shape, groups }, inodes);
  await writeBlockBitmaps(raw, usage, groups);
  await writeGroups(raw, shape, groups);
  await writeTotals(empty, numbers, attributes);
  return borrowed;
}

/** The tree's own directory of that name takes the place of mke2fs's. */
const hasLostAndFound = ({ top }: SourceTree): boolean =>
  top.entries.some(({ name, file }) => name === LOST_AND_FOUND && file.kind === 'directory');

function numberSpace(
  { shape, made }: EmptyExt,
  tree: SourceTree,
): { readonly first: number; readonly last: number; readonly reserved: ReadonlyMap<string, number> } {
  const { lostAndFound, firstFreeInode } = made;
  const own: readonly (readonly [string, number])[] =
    lostAndFound === null || !hasLostAndFound(tree) ? [] : [[LOST_AND_FOUND, lostAndFound.number]];
  const reserved = new Map([['', TOP_NUMBER] as const, ...own]);
  return { first: firstFreeInode, last: shape.groups * shape.inodesPerGroup, reserved };
}

function storedAttributes(
  { tree, attributes }: ExtContent,
  shape: ExtShape,
): ReadonlyMap<SourceFile, StoredAttributes> {
  const stored = new Map<SourceFile, StoredAttributes>();
  for (const file of tree.files) {
    const own = attributes.get(file.path);
    const kept = own === undefined ? { inInode: null, inBlock: null } : storeAttributes(own, shape);
    if (kept === null) throw unstorable(file, 'extended attributes', shape);
    if (own !== undefined) stored.set(file, kept);
    // A link ends with a zero.
    if (file.target.length >= shape.blockSize) throw unstorable(file, 'a path to lead to', shape);
  }
  return stored;
}

function unstorable({ path }: SourceFile, what: string, { blockSize }: ExtShape): BuildFailure {
  const name = Buffer.from(path, 'latin1').toString();
  const message = `/${name} has ${what} of more than a block of its file system, ${blockSize} bytes`;
  const hints = blockSize < 4096 ? ['give the file system larger blocks: `-b 4096`'] : [];
  return new BuildFailure({ kind: 'input-invalid', problems: [{ message, hints }] });
}

async function dataOfSparse(
  { directory, files }: SourceTree,
  { blockSize }: ExtShape,
): Promise<ReadonlyMap<SourceFile, readonly Run[]>> {
  const found = new Map<SourceFile, readonly Run[]>();
  for (const file of files) {
    if (file.kind !== 'file' || file.allocated >= file.size) continue;
    found.set(file, await findData(directory, file, blockSize));
  }
  return found;
}

/** The blocks of directories that are made anew, as empty as if mke2fs had not used them. */
async function giveBack({ raw, shape, usage, made }: EmptyExt, tree: SourceTree): Promise<void> {
  const replaced = hasLostAndFound(tree) ? (made.lostAndFound?.blocks ?? []) : [];
  for (const run of [...made.topBlocks, ...replaced]) {
    await writeBlock(raw, run.start, Buffer.alloc(run.count * shape.blockSize));
    markFree(usage, run);
  }
}

const ownEntriesOf = (
  { made }: EmptyExt,
  tree: SourceTree,
): readonly { readonly name: string; readonly number: number; readonly kind: 'directory' }[] =>
  made.lostAndFound === null || hasLostAndFound(tree)
    ? []
    : [{ name: LOST_AND_FOUND, number: made.lostAndFound.number, kind: 'directory' }];

function markPlaces(usage: BlockUsage, { extents, attributeBlocks, mapBlocks }: Places): void {
  for (const own of extents.values()) {
    for (const { physical, count } of own) markUsed(usage, { start: physical, count });
  }
  for (const block of [...attributeBlocks.values(), ...[...mapBlocks.values()].flat()]) {
    markUsed(usage, { start: block, count: 1 });
  }
}

const LARGE_FILE = 2 ** 31;

async function writeTotals(
  { raw, superBlock, shape, groups }: EmptyExt,
  numbers: InodeNumbers,
  attributes: ReadonlyMap<SourceFile, StoredAttributes>,
): Promise<void> {
  updateSuperBlock(superBlock, shape, {
    freeBlocks: groups.reduce((sum, { freeBlocks }) => sum + freeBlocks, 0),
    freeInodes: groups.reduce((sum, { freeInodes }) => sum + freeInodes, 0),
    hasLargeFile: [...numbers.keys()].some(({ kind, size }) => kind === 'file' && size >= LARGE_FILE),
    hasAttributes: attributes.size > 0,
  });
  await writeBytes(raw, SUPER_BLOCK_OFFSET, superBlock);
}
