// SPDX-License-Identifier: Apache-2.0
import type { ElementName } from '../../model/brands.ts';
import { closureOf } from '../closure.ts';
import type { LintCheck } from '../lint-check.ts';
import type { LintTree } from '../lint-tree.ts';

/** The merged directory of hooks, as host hooks, hooks in the tree and scripts themselves name it. */
const reference =
  /(?:TMP_HOOKS_PATH\}?|in_target\.d|dirname [^)]*\)|\/\.\.)"?\/((?:[\w-]+\.d|static|lib)\/[\w.-]+)/g;

/** Files of other elements that scripts reach for in the merged directory. Programs of `bin` are looked at as commands. */
export const undeclaredFiles: LintCheck = ({ loaded, files }, tree) => {
  const closure = closureOf(loaded, tree);
  const owners = fileOwners(tree);
  return files.flatMap(({ path, role, shell }) => {
    if (role === 'other') return [];
    return shell.flatMap(({ number, code }) =>
      [...code.matchAll(reference)].flatMap(([, used = '']) => {
        const owner = owners.get(used);
        if (owner === undefined || owner === null || closure.has(owner)) return [];
        const message = `${used} is a file of the element ${owner}: add \`${owner}\` to element-deps`;
        return [{ path, line: number, message }];
      }),
    );
  });
};

/** Null: several elements have it. */
function fileOwners({ known }: LintTree): ReadonlyMap<string, ElementName | null> {
  const owners = new Map<string, ElementName | null>();
  for (const { element } of known.values()) {
    for (const { path, kind } of element.files) {
      if (kind === 'file') owners.set(path, owners.has(path) ? null : element.name);
    }
  }
  return owners;
}
