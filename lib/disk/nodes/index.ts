// SPDX-License-Identifier: Apache-2.0
import type { NodeKind } from '../layout-node.ts';
import { fstab } from './fstab.ts';
import { localLoop } from './local-loop.ts';
import { lvm } from './lvm.ts';
import { mkfs } from './mkfs.ts';
import { mount } from './mount.ts';
import { partitioning } from './partitioning.ts';

/** The kinds of node by the key that stands for them in a block-device configuration. */
export const nodeKinds = {
  local_loop: localLoop,
  partitioning,
  lvm,
  mkfs,
  mount,
  fstab,
} as const satisfies Record<string, NodeKind>;

export type NodeKindName = keyof typeof nodeKinds;

export const isNodeKind = (name: string): name is NodeKindName => Object.hasOwn(nodeKinds, name);
