// SPDX-License-Identifier: Apache-2.0
import type { LoadedElement } from '../../elements/read-element.ts';
import { compareBytes } from '../../model/hook-order.ts';
import { excludeEachOther } from '../closure.ts';
import type { LintCheck, Remark } from '../lint-check.ts';
import type { LintElement, LintTree } from '../lint-tree.ts';
import { isTestElement } from '../lint-tree.ts';

/** No two elements that can meet in a build have the same hook, or anything else that is merged. Tests are built alone. */
export const clash: LintCheck = (element, tree) =>
  othersThan(element, tree)
    .filter((other) => !excludeEachOther(element.loaded, other, tree))
    .flatMap((other) => clashesWith(element.loaded, other));

/** Each pair is told once: at the element that comes later by name, or at the one that is checked. */
function othersThan({ loaded }: LintElement, tree: LintTree): readonly LoadedElement[] {
  const { element } = loaded;
  const checked = new Set(tree.elements.map(({ loaded }) => loaded.element.name));
  return [...tree.known.values()]
    .filter(({ element: { name } }) => name !== element.name)
    .filter((other) => !isTestElement(loaded) || !isTestElement(other))
    .filter(({ element: { name } }) => !checked.has(name) || compareBytes(name, element.name) < 0)
    .sort((a, b) => compareBytes(a.element.name, b.element.name));
}

function clashesWith({ element }: LoadedElement, { element: other }: LoadedElement): readonly Remark[] {
  const theirs = new Set(other.files.filter(({ kind }) => kind === 'file').map(({ path }) => path));
  return element.files
    .filter(({ path, kind }) => kind === 'file' && isMerged(path) && theirs.has(path))
    .map(({ path }) => ({
      path,
      line: 1,
      message: `element \`${other.name}\` has a file of this name too, so the two cannot be built together: rename it`,
    }));
}

const isMerged = (path: string): boolean =>
  /^[^./][^/]*\/[^.]/.test(path) && !/^(tests|test-elements|__pycache__)\//.test(path);
