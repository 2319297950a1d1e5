// SPDX-License-Identifier: Apache-2.0

/** A member of a cpio archive, less its content. */
export type CpioMember = {
  /** Relative, without `./`. */
  readonly name: string;
  /** Type and permission bits, as in st_mode. */
  readonly mode: number;
  /** Bytes of content: of a file, or of the text of a symbolic link. */
  readonly size: number;
  /** Two members with the same number are one file, whose content the last of them has. */
  readonly inode: number;
  readonly links: number;
  /** Seconds since 1970. */
  readonly modifiedAt: number;
  /** Major and minor number of a device; [0, 0] for anything else. */
  readonly device: readonly [number, number];
};

/** Ends every archive. */
export const trailer: CpioMember = {
  name: 'TRAILER!!!',
  mode: 0,
  size: 0,
  inode: 0,
  links: 1,
  modifiedAt: 0,
  device: [0, 0],
};

/**
 * Header and name of a member in the newc form, padded as its content must be. Owner and group are root.
 * Source: the kernel's Documentation/driver-api/early-userspace/buffer-format.rst.
 */
export function cpioHeader({ name, mode, size, inode, links, modifiedAt, device }: CpioMember): Buffer {
  const nameBytes = Buffer.byteLength(name) + 1;
  const numbers = [inode, mode, 0, 0, links, modifiedAt, size, 0, 0, ...device, nameBytes, 0];
  const header = `070701${numbers.map(inHex).join('')}${name}\0`;
  const bytes = Buffer.from(header);
  return Buffer.concat([bytes, paddingAfter(bytes.length)]);
}

/** What follows so many bytes up to a multiple of four. */
export const paddingAfter = (length: number): Buffer => Buffer.alloc((4 - (length % 4)) % 4);

/** The most a field takes: 4 GiB less one. */
export const CPIO_LIMIT = 0xffff_ffff;

const inHex = (value: number): string => value.toString(16).padStart(8, '0').toUpperCase();
