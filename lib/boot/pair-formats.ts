// SPDX-License-Identifier: Apache-2.0
import type { BootArch } from './qemu-argv.ts';

/** So many bytes of a file's beginning tell what it is. */
export const headLength = 0x210;

type Sign = { readonly offset: number; readonly bytes: string };

/** What the kernels begin with that QEMU starts by itself; bytes in hexadecimal. */
const kernelSigns: Readonly<Record<BootArch, readonly (readonly Sign[])[]>> = {
  x86_64: [
    // A boot sector's signature and `HdrS`: bzImage, as /boot has it.
    [
      { offset: 0x1fe, bytes: '55aa' },
      { offset: 0x202, bytes: '48647253' },
    ],
    // ELF of 64 bits for x86: vmlinux, which says by a note where a virtual machine enters it.
    [
      { offset: 0, bytes: '7f454c4602' },
      { offset: 18, bytes: '3e00' },
    ],
  ],
  aarch64: [
    [{ offset: 56, bytes: '41524d64' }],
    [{ offset: 0, bytes: '1f8b' }],
    // `MZ`, and `zimg` behind it: a compressed kernel that UEFI starts.
    [
      { offset: 0, bytes: '4d5a' },
      { offset: 4, bytes: '7a696d67' },
    ],
  ],
};

/** A cpio archive of the new format, `070701` or with checksums `070702`, and what the kernel unpacks one from. */
const ramdiskSigns: readonly string[] = [
  ...['303730373031', '303730373032'],
  // gzip, xz, zstd, lz4, bzip2, lzma, lzo.
  ...['1f8b', 'fd377a585a00', '28b52ffd', '02214c18', '425a68', '5d000000', '894c5a4f00'],
];

export const isKernelFor = (head: Uint8Array, arch: BootArch): boolean =>
  kernelSigns[arch].some((signs) => signs.every((sign) => has(head, sign)));

export const isRamdisk = (head: Uint8Array): boolean =>
  ramdiskSigns.some((bytes) => has(head, { offset: 0, bytes }));

function has(head: Uint8Array, { offset, bytes }: Sign): boolean {
  const expected = Buffer.from(bytes, 'hex');
  return expected.equals(head.subarray(offset, offset + expected.length));
}
