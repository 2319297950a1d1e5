// SPDX-License-Identifier: Apache-2.0

const VERSION_OF_PROGRAMS = 2;
const VERSION_ON_DISK = 1;
const HEADER = 4;
/** Tag, permissions, id. */
const ENTRY = 8;
/** Tags of the entries that are about somebody: the only ones with an id on the disk. */
const namedTags: readonly number[] = [0x02, 0x08];

/** A POSIX access list, as programs read and write it, in the shorter form of ext4. */
export function accessListOnDisk(value: Buffer): Buffer {
  const isKnown =
    value.length >= HEADER &&
    value.readUInt32LE(0) === VERSION_OF_PROGRAMS &&
    (value.length - HEADER) % ENTRY === 0;
  if (!isKnown)
    throw new Error(`an access list that begins with ${value.toString('hex', 0, 16)} is not known`);
  const header = Buffer.alloc(HEADER);
  header.writeUInt32LE(VERSION_ON_DISK);
  const entries: Buffer[] = [];
  for (let at = HEADER; at < value.length; at += ENTRY) {
    const isNamed = namedTags.includes(value.readUInt16LE(at));
    entries.push(value.subarray(at, at + (isNamed ? ENTRY : 4)));
  }
  return Buffer.concat([header, ...entries]);
}
