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
      const device = escapeBlanks(`LABEL=${label}`);
      if (type === 'swap') return [`${device} none swap sw 0 0\n`];
      const { options, dumpFrequency, fsckPass } = body;
      return [`${device} ${mount.body.mountPoint} ${type} ${options} ${dumpFrequency} ${fsckPass}\n`];
    })
    .join('');
}

/** As fstab(5) wants it. */
const escapeBlanks = (word: string): string =>
  word.replaceAll(/[\\\s]/g, (letter) => `\\${letter.charCodeAt(0).toString(8).padStart(3, '0')}`);
