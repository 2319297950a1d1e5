// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { headLength, isKernelFor, isRamdisk } from '../../../lib/boot/pair-formats.ts';

/** The beginning of a file that has these bytes, in hexadecimal, at these places. */
function head(parts: Readonly<Record<number, string>>): Uint8Array {
  const bytes = Buffer.alloc(headLength);
  for (const [offset, hex] of Object.entries(parts)) Buffer.from(hex, 'hex').copy(bytes, Number(offset));
  return bytes;
}

const bzImage = head({ 0: '4d5a', 0x1fe: '55aa', 0x202: '48647253' });
const vmlinux = head({ 0: '7f454c460201', 18: '3e00' });
const armImage = head({ 0: '4d5a', 56: '41524d64' });
const armZboot = head({ 0: '4d5a', 4: '7a696d67' });
const bootSector = head({ 0x1fe: '55aa' });

describe('kernels', () => {
  test.each([
    ['bzImage', bzImage, ['x86_64']],
    ['vmlinux', vmlinux, ['x86_64']],
    ['Image', armImage, ['aarch64']],
    ['zboot', armZboot, ['aarch64']],
    ['Image.gz', head({ 0: '1f8b' }), ['aarch64']],
    ['a boot sector', bootSector, []],
    ['a program for ARM', head({ 0: '7f454c460201', 18: 'b700' }), []],
    ['a program for UEFI', head({ 0: '4d5a' }), []],
    ['nothing', new Uint8Array(), []],
  ] as const)('%s', (_name, bytes, archs) => {
    expect((['x86_64', 'aarch64'] as const).filter((arch) => isKernelFor(bytes, arch))).toEqual(archs);
  });
});

describe('RAM disks', () => {
  test.each([
    ['cpio', Buffer.from('070701000')],
    ['cpio with checksums', Buffer.from('070702000')],
    ['gzip', head({ 0: '1f8b08' })],
    ['xz', head({ 0: 'fd377a585a00' })],
    ['zstd', head({ 0: '28b52ffd' })],
    ['lz4 as the kernel takes it', head({ 0: '02214c18' })],
    ['bzip2', Buffer.from('BZh9')],
  ])('%s', (_name, bytes) => {
    expect(isRamdisk(bytes)).toBe(true);
  });

  test.each([
    ['an old cpio', Buffer.from('070707000')],
    ['lz4 as files have it', head({ 0: '04224d18' })],
    ['a kernel', bzImage],
    ['nothing', new Uint8Array()],
  ])('%s is none', (_name, bytes) => {
    expect(isRamdisk(bytes)).toBe(false);
  });
});
