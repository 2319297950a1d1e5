// SPDX-License-Identifier: Apache-2.0

export type HeaderFields = {
  readonly version: 2 | 3;
  readonly clusterBytes: number;
  readonly size: number;
  readonly firstLevelEntries: number;
  readonly firstLevelOffset: number;
  readonly referenceTableOffset: number;
  readonly referenceTableClusters: number;
};

const SECTOR = 512;
const LENGTH_OF_VERSION_2 = 72;
const LENGTH_OF_VERSION_3 = 104;
/** Reference counts of 16 bits, the only ones that version 2 knows. */
const REFCOUNT_ORDER = 4;

/** The header with an empty list of extensions. Source: QEMU's interop/qcow2. */
export function qcow2Header(fields: HeaderFields): Buffer {
  const isNew = fields.version === 3;
  const header = Buffer.alloc((isNew ? LENGTH_OF_VERSION_3 : LENGTH_OF_VERSION_2) + 8);
  header.write('QFI\xfb', 0, 'latin1');
  header.writeUInt32BE(fields.version, 4);
  header.writeUInt32BE(Math.log2(fields.clusterBytes), 20);
  header.writeBigUInt64BE(BigInt(Math.ceil(fields.size / SECTOR) * SECTOR), 24);
  header.writeUInt32BE(fields.firstLevelEntries, 36);
  header.writeBigUInt64BE(BigInt(fields.firstLevelOffset), 40);
  header.writeBigUInt64BE(BigInt(fields.referenceTableOffset), 48);
  header.writeUInt32BE(fields.referenceTableClusters, 56);
  if (isNew) {
    header.writeUInt32BE(REFCOUNT_ORDER, 96);
    header.writeUInt32BE(LENGTH_OF_VERSION_3, 100);
  }
  return header;
}
