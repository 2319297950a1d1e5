// SPDX-License-Identifier: Apache-2.0

/**
 * Reads the root file system that a RAM disk is made from. Paths are absolute in it, and no link leads out of it. Its
 * functions answer at once: what is asked for are a few hundred small files.
 */
export type TreeReader = {
  /** What is at a path, symbolic links in every part of it followed; null when nothing is there, or links go round. */
  readonly find: (path: string) => FoundFile | null;
  /** The names in a directory, sorted by their bytes; none where there is no directory. */
  readonly namesIn: (directory: string) => readonly string[];
  /** The bytes of a file, or as many of them as there are from `offset` on. @throws Error when it is none. */
  readonly read: (path: string, part?: { readonly offset: number; readonly length: number }) => Uint8Array;
};

export type FoundFile = {
  /** Where it really is: no part of it is a link. */
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'other';
  /** Permission bits. */
  readonly mode: number;
  /** In bytes. */
  readonly size: number;
  /** Symbolic links passed on the way, in order: each place, itself without links but for its last part, and its text. */
  readonly links: readonly LinkPassed[];
};

export type LinkPassed = { readonly path: string; readonly text: string };
