// SPDX-License-Identifier: Apache-2.0
import type { BorrowedBytes } from '../raw-image.ts';
import type { RawBlocks } from './raw-blocks.ts';
import { asBytes, pathIn } from './source-tree.ts';
import type { Content } from './write-content.ts';

/**
 * What the raw image has to have where the content of files is to be.
 * @param directory Where the files will be when it is read. @returns in rising order.
 */
export function borrowContent(
  { offset, blockSize }: Pick<RawBlocks, 'offset' | 'blockSize'>,
  directory: string,
  contents: readonly Content[],
): readonly BorrowedBytes[] {
  const place = asBytes(directory);
  const borrowed = contents.flatMap(({ file, extents }) =>
    extents.map(({ logical, physical, count }) => ({
      start: offset + physical * blockSize,
      length: Math.min(count * blockSize, file.size - logical * blockSize),
      path: pathIn(place, file.path),
      from: logical * blockSize,
    })),
  );
  return borrowed.sort((a, b) => a.start - b.start);
}
