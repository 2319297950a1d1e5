// SPDX-License-Identifier: Apache-2.0

const SECTOR = 512;
/** Where boot.img keeps the sector that core.img begins at. */
const KERNEL_SECTOR = 0x5c;
/** A jump over a work-around for BIOSes that report no drive; two no-operations take the work-around instead. */
const DRIVE_CHECK = 0x66;
/** The first entry of the block list in core.img's first sector: start, length and segment of the rest. */
const BLOCK_LIST = SECTOR - 12;
/** Disk identifier, partition table and signature. */
const TABLE = 440;

export type BootImages = {
  readonly boot: Uint8Array;
  readonly core: Uint8Array;
  /** The sector core.img is put at. */
  readonly firstSector: number;
  /** What the disk's first sector holds now. */
  readonly oldSector: Uint8Array;
};

/**
 * The disk's first sector and the bytes for `firstSector` on, as GRUB's installer for BIOS would write them.
 * Source: GRUB's boot.S, diskboot.S and their header files.
 */
export function bootSectors({ boot, core, firstSector, oldSector }: BootImages): {
  readonly first: Buffer;
  readonly rest: Buffer;
} {
  if (boot.length !== SECTOR) throw new Error(`boot.img has ${boot.length} bytes, not ${SECTOR}`);
  const first = Buffer.from(boot);
  first.writeBigUInt64LE(BigInt(firstSector), KERNEL_SECTOR);
  first.fill(0x90, DRIVE_CHECK, DRIVE_CHECK + 2);
  first.set(oldSector.subarray(TABLE, SECTOR), TABLE);
  const rest = Buffer.alloc(Math.ceil(core.length / SECTOR) * SECTOR);
  rest.set(core);
  rest.writeBigUInt64LE(BigInt(firstSector + 1), BLOCK_LIST);
  return { first, rest };
}
