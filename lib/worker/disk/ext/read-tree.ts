// SPDX-License-Identifier: Apache-2.0
import type { HostPath } from '../../../model/brands.ts';
import type { WorkerContext } from '../../context.ts';
import type { AttributesByPath } from './read-attributes.ts';
import { readAttributes } from './read-attributes.ts';
import type { SourceTree } from './source-tree.ts';
import { readSourceTree } from './source-tree.ts';

/** All that is known of a directory's files but their content. */
export type ReadTree = {
  readonly directory: HostPath;
  readonly tree: SourceTree;
  /** Null where they cannot be read. */
  readonly attributes: AttributesByPath | null;
};

/** @param missing Directories that it is to have besides its own. */
export async function readTree(
  context: WorkerContext,
  directory: HostPath,
  missing: readonly string[] = [],
): Promise<ReadTree> {
  const attributes = readAttributes(context, directory);
  // Thrown where it is waited for.
  attributes.catch(() => undefined);
  const tree = await readSourceTree(directory, missing);
  return { directory, tree, attributes: await attributes };
}
