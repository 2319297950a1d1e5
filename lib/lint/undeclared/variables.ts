// SPDX-License-Identifier: Apache-2.0
import type { LoadedElement } from '../../elements/read-element.ts';
import { hookVariables } from '../../elements/hook-environment.ts';
import { operatingSystem } from '../../elements/well-known.ts';
import type { ElementName } from '../../model/brands.ts';
import { closureOf } from '../closure.ts';
import type { LintCheck } from '../lint-check.ts';
import type { LintFile } from '../lint-file.ts';
import type { LintTree } from '../lint-tree.ts';

/** Set by whichever operating system is built. */
const everywhere = new Set(['DISTRO_NAME', 'DIB_RELEASE', ...hookVariables.map(({ name }) => name)]);

export const undeclaredVariables: LintCheck = ({ loaded, files }, tree) => {
  const owners = variableOwners(tree);
  const closure = closureOf(loaded, tree);
  return files.flatMap((file) => {
    const told = new Set<string>();
    return usedVariables(file).flatMap(({ name, line }) => {
      const owner = owners.get(name);
      if (owner === undefined || owner === null || closure.has(owner) || told.has(name)) return [];
      told.add(name);
      const message =
        `${name} is set by the element ${owner}: add \`${owner}\` to element-deps, ` +
        `or give a default as in \${${name}:-}`;
      return [{ path: file.path, line, message }];
    });
  });
};

/** Null: several elements set it. */
function variableOwners({ known }: LintTree): ReadonlyMap<string, ElementName | null> {
  const owners = new Map<string, ElementName | null>();
  for (const loaded of known.values()) {
    for (const name of exportedBy(loaded)) {
      const isFirst = !owners.has(name) && !loaded.element.provides.includes(operatingSystem);
      owners.set(name, isFirst ? loaded.element.name : null);
    }
  }
  return owners;
}

function exportedBy({ texts }: LoadedElement): ReadonlySet<string> {
  const lists = [...texts]
    .filter(([path]) => path.startsWith('environment.d/'))
    .flatMap(([, text]) => [...text.matchAll(/^\s*export\s+(.*)$/gm)].map(([, list = '']) => list));
  const names = lists.flatMap((list) =>
    [...list.matchAll(/(?:^|\s)([A-Za-z_]\w*)(?==|\s|$)/g)].map(([, name = '']) => name),
  );
  return new Set(names.filter((name) => !everywhere.has(name)));
}

/** Those that are used as if they were always set, by a file that never sets them nor asks. */
function usedVariables({ role, shell, text }: LintFile): readonly { name: string; line: number }[] {
  if (role === 'other') return [];
  const isMinded = (name: string): boolean =>
    new RegExp(
      String.raw`(^|[\s;(])${name}\+?=|\$\{${name}:?[-+=?]|-v\s+${name}\b|\bread\b.*\b${name}\b|\bfor ${name} in\b`,
      'm',
    ).test(text ?? '');
  return shell
    .flatMap(({ number, code }) =>
      [...code.matchAll(/\$\{?([A-Za-z_]\w*)/g)].map(([, name = '']) => ({ name, line: number })),
    )
    .filter(({ name }) => !isMinded(name));
}
