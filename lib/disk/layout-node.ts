// SPDX-License-Identifier: Apache-2.0
import type { Bytes } from '../model/brands.ts';
import type { Partition, VolumeGroup } from '../model/layout.ts';
import type { Problem } from '../model/problem.ts';
import type { DiskRequest } from '../model/request.ts';
import type { ConfigEntry } from './config-entry.ts';

/** A kind of node: one key of the configuration. */
export type NodeKind = {
  /** Keys it reads, for the hint at a misspelt one. */
  readonly keys: readonly string[];
  /** One entry of the configuration may declare several nodes: each partition is one. Problems are pushed. */
  readonly read: (entry: ConfigEntry, context: ReadContext) => readonly LayoutNode[];
};

export type ReadContext = {
  readonly request: DiskRequest;
  readonly seed: string;
  readonly problems: Problem[];
};

export type LayoutNode = {
  readonly name: string;
  /** Names of the nodes it needs done first. */
  readonly comesAfter: readonly string[];
  readonly entry: ConfigEntry;
  readonly body: NodeBody;
};

/** A closed union: what a node contributes to the layout. */
export type NodeBody =
  | { readonly kind: 'disk'; readonly sectorSize: 512 | 4096; readonly size: Bytes | null }
  | { readonly kind: 'partition'; readonly table: DeclaredTable; readonly partition: Partition }
  | { readonly kind: 'volume-groups'; readonly volumeGroups: readonly VolumeGroup[] }
  | { readonly kind: 'volume' }
  /** Orders others and gives nothing itself. */
  | { readonly kind: 'step' }
  | {
      readonly kind: 'file-system';
      readonly base: string;
      readonly type: string;
      readonly label: string;
      readonly uuid: string;
      readonly options: readonly string[];
    }
  | { readonly kind: 'mount'; readonly base: string; readonly mountPoint: string }
  | {
      readonly kind: 'fstab';
      readonly base: string;
      readonly options: string;
      readonly dumpFrequency: string;
      readonly fsckPass: string;
    };

export type DeclaredTable = {
  readonly base: string;
  readonly label: 'mbr' | 'gpt';
  readonly align: Bytes;
  readonly id: string;
};

/** A node with its body known to be of one kind. */
export type NodeOf<Kind extends NodeBody['kind']> = Omit<LayoutNode, 'body'> & {
  readonly body: Extract<NodeBody, { kind: Kind }>;
};

export function nodesOf<Kind extends NodeBody['kind']>(
  nodes: readonly LayoutNode[],
  kind: Kind,
): readonly NodeOf<Kind>[] {
  return nodes.filter((node): node is LayoutNode & NodeOf<Kind> => node.body.kind === kind);
}
