// SPDX-License-Identifier: Apache-2.0
import { basename } from 'node:path';
import type { PackedSizes } from './pack-ramdisk.ts';

/** What a RAM disk is made of, for those who want it smaller. */
export type RamdiskPart = { readonly title: string; readonly files: number; readonly bytes: number };

/** As in `deploy.initramfs holds kernel modules 40.1 MB in 412 files, …: 62.3 MB, packed 21.0 MB`. */
export function describeParts(
  output: string,
  parts: readonly RamdiskPart[],
  { microcode, unpacked, packed }: PackedSizes,
): string {
  const shown = parts.filter(({ files }) => files > 0).map(describePart);
  const early = microcode === 0 ? '' : `, microcode ${megabytes(microcode)} in front`;
  return `${basename(output)} holds ${shown.join(', ')}: ${megabytes(unpacked)}, packed ${megabytes(packed)}${early}`;
}

const describePart = ({ title, files, bytes }: RamdiskPart): string =>
  `${title} ${megabytes(bytes)} in ${files} file${files === 1 ? '' : 's'}`;

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
