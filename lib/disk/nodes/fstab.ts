// SPDX-License-Identifier: Apache-2.0
import { entryProblem, optionalText, requiredText } from '../config-entry.ts';
import type { NodeKind } from '../layout-node.ts';

/** A line of /etc/fstab for a mount. */
export const fstab: NodeKind = {
  keys: ['name', 'base', 'options', 'dump-freq', 'fsck-passno'],
  read(entry, { problems }) {
    const base = requiredText(entry, 'base', problems);
    const name = requiredText(entry, 'name', problems);
    const number = (key: string, otherwise: string): string => {
      const value = optionalText(entry, key, problems) ?? otherwise;
      if (!/^\d+$/.test(value)) problems.push(entryProblem(entry, [key], `\`${key}\` must be a number`));
      return value;
    };
    const body = {
      kind: 'fstab',
      base,
      options: optionalText(entry, 'options', problems) ?? 'defaults',
      dumpFrequency: number('dump-freq', '0'),
      fsckPass: number('fsck-passno', '2'),
    } as const;
    return name === '' ? [] : [{ name, comesAfter: [base], entry, body }];
  },
};
