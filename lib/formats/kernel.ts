// SPDX-License-Identifier: Apache-2.0
import { success } from '../model/problem.ts';
import { sourceOf } from './initramfs.ts';
import type { OutputFormat } from './output-format.ts';

/** The kernel of the tree, for boot loaders that are given one: what goes with an initramfs. */
export const kernel: OutputFormat = {
  name: 'kernel',
  extension: 'kernel',
  from: 'tree',
  needs: () => [],
  recipe: (options) => success({ kind: 'kernel', source: sourceOf(options) }),
};
