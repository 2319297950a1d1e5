// SPDX-License-Identifier: Apache-2.0
import type { FoundFile } from './tree-reader.ts';

/** One thing that a RAM disk holds. Directories above it need not be named: they are made as the tree has them, or 0755. */
export type RamdiskEntry =
  | { readonly kind: 'directory'; readonly path: string; readonly mode: number }
  | { readonly kind: 'link'; readonly path: string; readonly text: string }
  /** A file of the tree, at `path` in the RAM disk. */
  | { readonly kind: 'copy'; readonly path: string; readonly from: string }
  | { readonly kind: 'text'; readonly path: string; readonly mode: number; readonly text: string };

/** A found file where the tree has it, and the links that lead to it. */
export const entriesFor = (found: FoundFile): readonly RamdiskEntry[] => [
  ...found.links.map(({ path, text }) => ({ kind: 'link', path, text }) as const),
  found.kind === 'directory'
    ? { kind: 'directory', path: found.path, mode: found.mode }
    : { kind: 'copy', path: found.path, from: found.path },
];
