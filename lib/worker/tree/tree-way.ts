// SPDX-License-Identifier: Apache-2.0
import type { Host } from '../../host/host.ts';
import type { Store } from '../../model/store-paths.ts';
import type { Staging } from '../../store/layers.ts';
import type { WorkerContext } from '../context.ts';

/** What a way is given. */
export type WayContext = WorkerContext & {
  readonly store: Store & { readonly bootId: string };
  /** Layers of the tree that a power cut could still take: to be flushed. */
  readonly unflushed: Set<string>;
};

/**
 * How layers become a tree that a step can change, and how what it changed becomes a layer. What one way stores says
 * nothing to another: their keys must differ.
 */
export type TreeWay = {
  readonly name: 'overlay' | 'copy';
  /** What users ought to hear of it; null: nothing. */
  readonly note: string | null;
  /**
   * Puts the tree that the layers make, lowest first, in `context.paths.tree`.
   * @param staging Where changes go in the end; null: the tree is read-only.
   */
  readonly mount: (context: WayContext, layers: readonly string[], staging: Staging | null) => Promise<void>;
  /** Called when the tree is no longer mounted: the staged layer is complete. @returns whether it holds nothing. */
  readonly gather: (context: WayContext, layers: readonly string[], staging: Staging) => Promise<boolean>;
  /** SHA-256, hex, of all that a staged layer does to a tree; times do not count. */
  readonly digest: (host: Host, staging: Staging) => Promise<string>;
  /** Tells that the tree as the last step left it is what these layers make. */
  readonly adopt: (layers: readonly string[]) => void;
};
