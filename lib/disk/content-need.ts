// SPDX-License-Identifier: Apache-2.0
import { KiB, MiB } from '../model/brands.ts';
import type { ContentMeasure, FileSystem } from '../model/layout.ts';
import { extGeometry } from './ext-overhead.ts';
import { isExt, isFat } from './file-system-types.ts';

/** Extent and attribute blocks, which are not measured: a share of the content, and something for a few files. */
const contentAllowance = 1 / 256;
const SMALL_ALLOWANCE = 256 * KiB;
/** FAT's tables, reserved sectors and directories. */
const fatTables = 1 / 128;

/** What the content itself takes on the file system, without room for more. */
export const contentBytes = (content: ContentMeasure | undefined): number =>
  (content?.fileBytes ?? 0) + (content?.directoryBytes ?? 0);

/** Room beyond the content when nothing was said: a twentieth, 64 MiB at least. */
export const defaultSlack = (content: ContentMeasure | undefined): number =>
  Math.max(64 * MiB, Math.ceil(contentBytes(content) / 20));

/** Bytes of content that fit on a file system of the given size. */
export function capacity(fileSystem: FileSystem, size: number): number {
  if (isExt(fileSystem.type)) {
    return size - extGeometry(size, fileSystem.type, fileSystem.options).metadataBytes;
  }
  if (isFat(fileSystem.type)) return Math.floor(size * (1 - fatTables)) - 64 * KiB;
  return size;
}

/** The smallest size, a multiple of 1 MiB, that holds the content and leaves `slack` bytes free to ordinary users. */
export function neededSize(
  fileSystem: FileSystem,
  content: ContentMeasure | undefined,
  slack: number,
): number {
  if (fileSystem.type === 'swap') return MiB;
  const wanted = contentBytes(content) * (1 + contentAllowance) + SMALL_ALLOWANCE + slack;
  const holds = (size: number): boolean =>
    capacity(fileSystem, size) - reserved(fileSystem, size) >= wanted &&
    canHoldInodes(fileSystem, size, content?.inodes ?? 0);
  let low = Math.max(1, Math.floor(wanted / MiB));
  let high = 2 * low + 64;
  while (!holds(high * MiB)) high *= 2;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle * MiB)) high = middle;
    else low = middle + 1;
  }
  return low * MiB;
}

const reserved = ({ type, options }: FileSystem, size: number): number =>
  isExt(type) ? extGeometry(size, type, options).reservedBytes : 0;

/** Whether an ext file system of the size has its inodes, of which eleven are its own, and room for its journal. */
export function canHoldInodes({ type, options }: FileSystem, size: number, inodes: number): boolean {
  if (!isExt(type)) return true;
  const geometry = extGeometry(size, type, options);
  return geometry.isJournalFitting && geometry.inodes - 11 >= inodes;
}
