// SPDX-License-Identifier: Apache-2.0

/** Where what a RAM disk holds comes from. */
export type RamdiskSource = {
  /** The machine that builds, instead of the tree. */
  readonly isHost: boolean;
  /** Null: the newest. */
  readonly kernelVersion: string | null;
  /** Directory that has boot and lib/modules; empty: the root. */
  readonly moduleRoot: string;
  /** Directory that has lib/udev; empty: the root. */
  readonly udevRoot: string;
  /** Null: the busybox on PATH. */
  readonly busybox: string | null;
};
