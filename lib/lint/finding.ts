// SPDX-License-Identifier: Apache-2.0
/** Something in an element that ought to be otherwise. */
export type Finding = {
  /** As the user would write it: the directory given, and the path in it. */
  readonly file: string;
  /** Counts from 1. */
  readonly line: number;
  /** Name of the check, which `dib-lint: disable=` takes. */
  readonly check: string;
  /** What is wrong and what to do. */
  readonly message: string;
};
