// SPDX-License-Identifier: Apache-2.0
import type { BuildRecorder } from '../../store/build-record.ts';
import type { Turn } from '../turn.ts';
import type { TreeStore } from './tree-store.ts';
import type { WayContext } from './tree-way.ts';

/** What those are given who grow a tree. */
export type TreeContext = WayContext & {
  readonly store: TreeStore;
  /** What keys were made of, for `cache explain`. */
  readonly record: BuildRecorder;
  readonly turn: Turn;
};
