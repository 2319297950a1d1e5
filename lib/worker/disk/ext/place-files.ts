// SPDX-License-Identifier: Apache-2.0
import type { StoredAttributes } from './attributes.ts';
import { mapBlocksNeeded } from './block-map.ts';
import type { Run } from './block-usage.ts';
import { crc32c } from './checksum.ts';
import { directoryBlocksNeeded } from './directory-blocks.ts';
import type { Extent } from './extents.ts';
import { MOST_BLOCKS_OF_EXTENT } from './extents.ts';
import type { Alignment, FreeSpace } from './free-space.ts';
import { clusterAlignment, CLUSTER_BYTES, FileSystemFull, openFreeSpace, withoutGaps } from './free-space.ts';
import { PLACE_BYTES } from './inode.ts';
import type { AgesOfFiles } from './number-files.ts';
import type { SourceFile } from './source-tree.ts';
import type { ExtShape } from './super-block.ts';

/** What files need besides the tree's own words. */
export type FileNeeds = {
  readonly ages: AgesOfFiles;
  readonly attributes: ReadonlyMap<SourceFile, StoredAttributes>;
  /** Of sparse files: the blocks that hold data, counted from the start of the file. */
  readonly dataRuns: ReadonlyMap<SourceFile, readonly Run[]>;
};

export type Places = {
  /** In the order in which they lie on the disk. */
  readonly extents: ReadonlyMap<SourceFile, readonly Extent[]>;
  readonly attributeBlocks: ReadonlyMap<SourceFile, number>;
  /** Blocks that say where a file is, when its inode cannot. */
  readonly mapBlocks: ReadonlyMap<SourceFile, readonly number[]>;
};

/**
 * How much content is kept without a gap, on average, from one cluster's beginning on: what is added to it or taken
 * away moves only what follows up to the next such place. Larger ones leave smaller gaps; zero: no gaps at all.
 */
const groupSizes = [0.5, 1, 2, 4, 8, 32].map((mebibytes) => mebibytes * 1024 * 1024);

/**
 * Directories and attributes of a layer together, then content, layer by layer and by path. Nothing moves that a
 * later layer did not touch.
 * @throws FileSystemFull when there is no room even without gaps.
 */
export function placeFiles(
  files: FileNeeds,
  {
    shape,
    offset,
    free,
  }: { readonly shape: ExtShape; readonly offset: number; readonly free: readonly Run[] },
): Places {
  const alignment = clusterAlignment(offset, shape.blockSize);
  const layers = demandsByLayer(files, shape);
  for (const groupBytes of groupSizes) {
    try {
      return place(layers, shape, { groupBytes, free, alignment });
    } catch (error) {
      if (!(error instanceof FileSystemFull)) throw error;
    }
  }
  return place(layers, shape, { groupBytes: Infinity, free, alignment: withoutGaps });
}

type Demand = {
  readonly file: SourceFile;
  readonly isAttributes: boolean;
  /** Blocks of the file to find places for. */
  readonly runs: readonly Run[];
  readonly blocks: number;
};

type LayerDemands = { readonly metadata: readonly Demand[]; readonly content: readonly Demand[] };

function demandsByLayer(needs: FileNeeds, shape: ExtShape): readonly LayerDemands[] {
  const newest = [...needs.ages.values()].reduce((most, { changed }) => Math.max(most, changed), 0);
  const layers = Array.from({ length: newest + 1 }, () => ({
    metadata: new Array<Demand>(),
    content: new Array<Demand>(),
  }));
  const inOrder = [...needs.ages].sort(([a], [b]) => (a.path < b.path ? -1 : 1));
  for (const [file, { born, changed }] of inOrder) {
    if (file.kind === 'directory') {
      const blocks = directoryBlocksNeeded(namesIn(file), shape);
      layers[born]?.metadata.push(demand(file, [{ start: 0, count: blocks }]));
    }
    if ((needs.attributes.get(file)?.inBlock ?? null) !== null) {
      layers[born]?.metadata.push({ ...demand(file, [{ start: 0, count: 1 }]), isAttributes: true });
    }
    const runs = contentRuns(file, needs, shape);
    if (runs.length > 0) layers[changed]?.content.push(demand(file, runs));
  }
  return layers;
}

const demand = (file: SourceFile, runs: readonly Run[]): Demand => ({
  file,
  isAttributes: false,
  runs,
  blocks: runs.reduce((sum, { count }) => sum + count, 0),
});

const namesIn = ({ entries }: SourceFile): readonly string[] => entries.map(({ name }) => name);

function contentRuns(file: SourceFile, { dataRuns }: FileNeeds, { blockSize }: ExtShape): readonly Run[] {
  if (file.kind === 'symlink') return isSlowLink(file) ? [{ start: 0, count: 1 }] : [];
  if (file.kind !== 'file' || file.size === 0) return [];
  return dataRuns.get(file) ?? [{ start: 0, count: Math.ceil(file.size / blockSize) }];
}

/** Others are in the inode. */
export const isSlowLink = ({ kind, size }: SourceFile): boolean => kind === 'symlink' && size >= PLACE_BYTES;

type Style = {
  readonly groupBytes: number;
  readonly free: readonly Run[];
  readonly alignment: Alignment;
};

function place(layers: readonly LayerDemands[], shape: ExtShape, style: Style): Places {
  const space = openFreeSpace(style.free, style.alignment);
  const extents = new Map<SourceFile, readonly Extent[]>();
  const attributeBlocks = new Map<SourceFile, number>();
  const put = (wanted: Demand): void => {
    const placed = wanted.runs.flatMap((run) => extentsFor(run, space));
    if (wanted.isAttributes) attributeBlocks.set(wanted.file, placed[0]?.physical ?? 0);
    else extents.set(wanted.file, placed);
  };
  for (const { metadata, content } of layers) {
    space.align();
    metadata.forEach(put);
    const total = [...metadata, ...content].reduce((sum, { blocks }) => sum + blocks, 0);
    if (total * shape.blockSize > CLUSTER_BYTES) space.align();
    for (const wanted of content) {
      if (beginsGroup(wanted, shape, style.groupBytes)) space.align();
      put(wanted);
    }
  }
  space.align();
  return { extents, attributeBlocks, mapBlocks: placeMaps(extents, shape, space) };
}

/** The larger the file, the likelier. It hangs on the file alone, so that its neighbours may come and go. */
function beginsGroup({ file, blocks }: Demand, { blockSize }: ExtShape, groupBytes: number): boolean {
  const lot = crc32c(0xffffffff, Buffer.from(file.path, 'latin1')) / 2 ** 32;
  return lot * groupBytes < blocks * blockSize;
}

function extentsFor({ start, count }: Run, space: FreeSpace): readonly Extent[] {
  const extents: Extent[] = [];
  let logical = start;
  for (const run of space.take(count)) {
    for (let done = 0; done < run.count; done += MOST_BLOCKS_OF_EXTENT) {
      const size = Math.min(MOST_BLOCKS_OF_EXTENT, run.count - done);
      extents.push({ logical, physical: run.start + done, count: size });
      logical += size;
    }
  }
  return extents;
}

/** What they hold changes with every place in front of them, so they come last. */
function placeMaps(
  extents: ReadonlyMap<SourceFile, readonly Extent[]>,
  shape: ExtShape,
  space: FreeSpace,
): ReadonlyMap<SourceFile, readonly number[]> {
  const places = new Map<SourceFile, readonly number[]>();
  for (const [file, own] of extents) {
    const needed = mapBlocksNeeded(own, shape);
    if (needed === 0) continue;
    const runs = space.take(needed);
    places.set(
      file,
      runs.flatMap(({ start, count }) => Array.from({ length: count }, (_, index) => start + index)),
    );
  }
  return places;
}
