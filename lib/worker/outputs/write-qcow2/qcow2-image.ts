// SPDX-License-Identifier: Apache-2.0
import type { FileHandle } from 'node:fs/promises';
import { GatheredWrites } from './gathered-writes.ts';
import { qcow2Header } from './qcow2-header.ts';

export type ImageShape = {
  readonly version: 2 | 3;
  readonly clusterBytes: number;
  /** Of the disk, in bytes. */
  readonly size: number;
};

/** The cluster is referred to once. */
const COPIED = 1n << 63n;
const COMPRESSED = 1n << 62n;
const SECTOR = 512;
const ENTRY_BYTES = 8;
const REFCOUNT_BYTES = 2;

/**
 * A qcow2 file under construction: header and first-level table in front, then data as it is added, then second-level
 * tables and reference counts. Source: QEMU's interop/qcow2.
 */
export class Qcow2Image {
  readonly #file: FileHandle;
  readonly #writes: GatheredWrites;
  readonly #shape: ImageShape;
  readonly #entriesPerTable: number;
  readonly #firstLevelEntries: number;
  /** Second-level tables by their place in the first-level one. */
  readonly #tables = new Map<number, BigUint64Array>();
  #references = new Uint16Array(1024);
  /** The first cluster of the file that nothing is in. */
  #nextCluster: number;
  /** Where the next compressed cluster may begin, inside a cluster that others share. */
  #packAt = 0;

  constructor(file: FileHandle, shape: ImageShape) {
    this.#file = file;
    this.#writes = new GatheredWrites(file);
    this.#shape = shape;
    this.#entriesPerTable = shape.clusterBytes / ENTRY_BYTES;
    this.#firstLevelEntries = Math.ceil(shape.size / (shape.clusterBytes * this.#entriesPerTable));
    this.#nextCluster = 0;
    this.#allocate(1);
    this.#allocate(this.#clustersFor(this.#firstLevelEntries * ENTRY_BYTES));
  }

  /** @returns where it is in the file. */
  async addPlain(index: number, data: Buffer): Promise<number> {
    const offset = this.#allocate(1);
    this.#enter(index, BigInt(offset) | COPIED);
    await this.#writes.write(offset, data);
    return offset;
  }

  /** @returns where it is in the file. */
  async addCompressed(index: number, data: Buffer): Promise<number> {
    const offset = this.#pack(data.length);
    const sectors = Math.floor((offset + data.length - 1) / SECTOR) - Math.floor(offset / SECTOR);
    const sectorShift = BigInt(62 - (Math.log2(this.#shape.clusterBytes) - 8));
    this.#enter(index, COMPRESSED | (BigInt(sectors) << sectorShift) | BigInt(offset));
    await this.#writes.write(offset, data);
    return offset;
  }

  /** Writes everything but the data. The file is complete afterwards. @returns its size. */
  async finish(): Promise<number> {
    const firstLevel = await this.#writeTables();
    const { tableOffset, tableClusters } = await this.#writeReferences();
    await this.#writes.write(this.#shape.clusterBytes, asBigEndian(firstLevel));
    const header = qcow2Header({
      ...this.#shape,
      firstLevelEntries: this.#firstLevelEntries,
      firstLevelOffset: this.#shape.clusterBytes,
      referenceTableOffset: tableOffset,
      referenceTableClusters: tableClusters,
    });
    await this.#writes.write(0, header);
    await this.#writes.flush();
    const size = this.#nextCluster * this.#shape.clusterBytes;
    await this.#file.truncate(size);
    return size;
  }

  async #writeTables(): Promise<BigUint64Array> {
    const firstLevel = new BigUint64Array(this.#firstLevelEntries);
    for (const [place, table] of [...this.#tables].sort(([a], [b]) => a - b)) {
      const offset = this.#allocate(1);
      firstLevel[place] = BigInt(offset) | COPIED;
      await this.#writes.write(offset, asBigEndian(table));
    }
    return firstLevel;
  }

  /** The blocks and the table count references to themselves, so their number is found by trying. */
  async #writeReferences(): Promise<{ readonly tableOffset: number; readonly tableClusters: number }> {
    const perBlock = this.#shape.clusterBytes / REFCOUNT_BYTES;
    let blocks = 0;
    let tableClusters = 0;
    for (;;) {
      const neededBlocks = Math.ceil((this.#nextCluster + blocks + tableClusters) / perBlock);
      const neededTable = this.#clustersFor(neededBlocks * ENTRY_BYTES);
      if (neededBlocks === blocks && neededTable === tableClusters) break;
      blocks = neededBlocks;
      tableClusters = neededTable;
    }
    const blocksOffset = this.#allocate(blocks);
    const tableOffset = this.#allocate(tableClusters);
    const table = BigUint64Array.from({ length: blocks }, (_, index) =>
      BigInt(blocksOffset + index * this.#shape.clusterBytes),
    );
    const counts = Buffer.alloc(blocks * this.#shape.clusterBytes);
    for (let cluster = 0; cluster < this.#nextCluster; cluster++) {
      counts.writeUInt16BE(this.#references[cluster] ?? 0, cluster * REFCOUNT_BYTES);
    }
    await this.#writes.write(blocksOffset, counts);
    await this.#writes.write(tableOffset, asBigEndian(table));
    return { tableOffset, tableClusters };
  }

  #enter(index: number, entry: bigint): void {
    const place = Math.floor(index / this.#entriesPerTable);
    let table = this.#tables.get(place);
    if (table === undefined) {
      table = new BigUint64Array(this.#entriesPerTable);
      this.#tables.set(place, table);
    }
    table[index % this.#entriesPerTable] = entry;
  }

  /** New clusters at the end of the file, each referred to once. @returns their offset. */
  #allocate(count: number): number {
    const first = this.#nextCluster;
    this.#nextCluster += count;
    for (let cluster = first; cluster < this.#nextCluster; cluster++) this.#refer(cluster);
    return first * this.#shape.clusterBytes;
  }

  /**
   * Room for compressed bytes: behind the last ones when they fit in that cluster or the next one is free,
   * else in a new cluster.
   */
  #pack(length: number): number {
    const { clusterBytes } = this.#shape;
    const left = (clusterBytes - (this.#packAt % clusterBytes)) % clusterBytes;
    const isLast = Math.ceil(this.#packAt / clusterBytes) === this.#nextCluster;
    const isBehind = left > 0 && (length <= left || isLast);
    const offset = isBehind ? this.#packAt : this.#nextCluster * clusterBytes;
    if (isBehind) this.#refer(Math.floor(offset / clusterBytes));
    const missing = Math.ceil((offset + length) / clusterBytes) - this.#nextCluster;
    if (missing > 0) this.#allocate(missing);
    this.#packAt = offset + length;
    return offset;
  }

  #refer(cluster: number): void {
    if (cluster >= this.#references.length) {
      const larger = new Uint16Array(this.#references.length * 2);
      larger.set(this.#references);
      this.#references = larger;
    }
    this.#references[cluster] = (this.#references[cluster] ?? 0) + 1;
  }

  #clustersFor(bytes: number): number {
    return Math.max(1, Math.ceil(bytes / this.#shape.clusterBytes));
  }
}

function asBigEndian(values: BigUint64Array): Buffer {
  const buffer = Buffer.alloc(values.length * ENTRY_BYTES);
  values.forEach((value, index) => buffer.writeBigUInt64BE(value, index * ENTRY_BYTES));
  return buffer;
}
