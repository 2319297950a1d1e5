// SPDX-License-Identifier: Apache-2.0
import type { LayoutNode } from './layout-node.ts';
import { nodesOf } from './layout-node.ts';

/** The image's /etc/fstab: a line for each fstab node, in the order the nodes are carried out. */
export function fstabText(ordered: readonly LayoutNode[]): string {
  const mounts = nodesOf(ordered, 'mount');
  const fileSystems = nodesOf(ordered, 'file-system');
  return nodesOf(ordered, 'fstab')
    .flatMap(({ body }) => {
      const mount = mounts.find(({ name }) => name === body.base);
      const made = fileSystems.find(({ name }) => name === mount?.body.base);
      if (mount === undefined || made === undefined) return [];
      const { label, type } = made.body;
      if (type === 'swap') return [`LABEL=${label} none swap sw 0 0\n`];
      const { options, dumpFrequency, fsckPass } = body;
      return [`LABEL=${label} ${mount.body.mountPoint} ${type} ${options} ${dumpFrequency} ${fsckPass}\n`];
    })
    .join('');
}
