// SPDX-License-Identifier: Apache-2.0
import { entryProblem, requiredText } from '../config-entry.ts';
import type { NodeKind } from '../layout-node.ts';

/** Where a file system belongs in the tree. */
export const mount: NodeKind = {
  keys: ['name', 'base', 'mount_point'],
  read(entry, { problems }) {
    const base = requiredText(entry, 'base', problems);
    const mountPoint = requiredText(entry, 'mount_point', problems);
    const name = requiredText(entry, 'name', problems);
    if (mountPoint !== '' && mountPoint !== 'none' && !isPlainPath(mountPoint)) {
      const message = `the mount point ${mountPoint} is not an absolute path without \`..\` and blanks`;
      problems.push(entryProblem(entry, ['mount_point'], message));
    }
    return name === ''
      ? []
      : [{ name, comesAfter: [base], entry, body: { kind: 'mount', base, mountPoint: trimmed(mountPoint) } }];
  },
};

const isPlainPath = (path: string): boolean =>
  path.startsWith('/') && !/[\s\0]/.test(path) && !path.split('/').includes('..');

/** `/boot/` and `//boot` are `/boot`. */
const trimmed = (path: string): string =>
  path.startsWith('/')
    ? `/${path
        .split('/')
        .filter((part) => part !== '' && part !== '.')
        .join('/')}`
    : path;
