// SPDX-License-Identifier: Apache-2.0
import type { HostPath } from '../../model/brands.ts';
import type { PlannedOutput } from '../../model/plan.ts';
import type { RawImage } from '../disk/raw-image.ts';
import type { Scope } from '../scope.ts';
import type { Growth } from '../tree/growth.ts';
import type { Shelf } from './shelf.ts';

/** What outputs are made from. */
export type OutputSources = {
  /** Mounted, unless all outputs are stored. */
  readonly tree: HostPath;
  /** The raw image; null when no output needs one, or those that do are stored. */
  readonly disk: RawImage | null;
  /** How the tree was made: RAM disks have hooks of their own. Null: none is made. */
  readonly growth: Growth | null;
};

/** One output to be made. */
export type OutputJob = {
  readonly output: PlannedOutput;
  readonly sources: OutputSources;
  readonly shelf: Shelf;
  readonly scope: Scope;
  readonly signal: AbortSignal;
  /** Fulfilled when nobody else reads the disk any more, rejected when another output failed. */
  readonly diskIsFree: Promise<void>;
};
