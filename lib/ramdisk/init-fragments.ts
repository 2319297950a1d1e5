// SPDX-License-Identifier: Apache-2.0
import { compareHookNames } from '../model/hook-order.ts';
import type { InitFragment } from '../model/init-fragment.ts';

/** A file of an element, with its path relative to the element's directory. */
export type ElementText = { readonly element: string; readonly path: string; readonly text: string };

/**
 * The fragments of /init in their order: those of `init.d` as hooks are sorted, then the flat `init` files of the first
 * generation, in the order of the elements.
 * @param files Of all elements, in their order; no two have the same path in `init.d`.
 */
export const initFragments = (files: readonly ElementText[]): readonly InitFragment[] => [
  ...files
    .flatMap((file) => {
      const name = /^init\.d\/([^./][^/]*[^/~]|[^./~])$/.exec(file.path)?.[1];
      return name === undefined ? [] : [{ name, ...file }];
    })
    .sort((a, b) => compareHookNames(a.name, b.name)),
  ...files.filter(({ path }) => path === 'init').map((file) => ({ name: 'init', ...file })),
];
