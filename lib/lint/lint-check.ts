// SPDX-License-Identifier: Apache-2.0
import type { LintElement, LintTree } from './lint-tree.ts';

/** What a check says of a place in an element; the rest of the finding is known from outside. */
export type Remark = {
  /** Relative to the element's directory. */
  readonly path: string;
  readonly line: number;
  readonly message: string;
};

/** One thing that elements are looked at for. Pure. */
export type LintCheck = (element: LintElement, tree: LintTree) => readonly Remark[];
