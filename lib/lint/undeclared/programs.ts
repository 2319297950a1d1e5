// SPDX-License-Identifier: Apache-2.0
import type { ElementName } from '../../model/brands.ts';
import { elementName } from '../../model/brands.ts';
import { closureOf } from '../closure.ts';
import type { LintCheck } from '../lint-check.ts';
import type { LintFile } from '../lint-file.ts';
import type { LintTree } from '../lint-tree.ts';
import { commandsIn } from '../shell-commands.ts';

/** Programs that elements make only while they run, and one that every operating system brings. */
const madeLater = [
  ['dib-init-system', 'dib-init-system'],
  ['dib-python', 'dib-python'],
] as const;
const everywhere = ['install-packages'];

export const undeclaredPrograms: LintCheck = ({ loaded, files }, tree) => {
  const owners = programOwners(tree);
  const closure = closureOf(loaded, tree);
  return files.flatMap((file) => {
    const told = new Set<string>();
    return usedPrograms(file).flatMap(({ program, line }) => {
      const owner = owners.get(program);
      if (owner === undefined || owner === null || closure.has(owner) || told.has(program)) return [];
      if (asksWhetherThere(file, program)) return [];
      told.add(program);
      const message = `${program} comes with the element ${owner}: add \`${owner}\` to element-deps`;
      return [{ path: file.path, line, message }];
    });
  });
};

/** Null: several elements bring it. */
function programOwners({ known }: LintTree): ReadonlyMap<string, ElementName | null> {
  const owners = new Map<string, ElementName | null>(
    madeLater.map(([program, owner]) => [program, elementName(owner)]),
  );
  for (const { element } of known.values()) {
    for (const { path, kind } of element.files) {
      const [, program] = /^bin\/(.+)$/.exec(path) ?? [];
      if (program === undefined || kind !== 'file' || everywhere.includes(program)) continue;
      owners.set(program, owners.has(program) ? null : element.name);
    }
  }
  return owners;
}

function usedPrograms({ shell, interpreter, role }: LintFile): readonly { program: string; line: number }[] {
  if (role === 'other') return [];
  const runner = /^\/usr\/bin\/env\s+(\S+)|([^/]+)$/.exec(interpreter ?? '');
  const inCode = shell.flatMap(({ number, code }) =>
    commandsIn(code).map(([first = '']) => ({ program: first.replace(/^.*\/bin\//, ''), line: number })),
  );
  return [{ program: runner?.[1] ?? runner?.[2] ?? '', line: 1 }, ...inCode];
}

/** Who looks before calling can do without. */
const asksWhetherThere = ({ text }: LintFile, program: string): boolean =>
  new RegExp(String.raw`(command -v|type -[pPt]|hash|-x)\s+"?([^\s"]*/)?${escaped(program)}\b`).test(
    text ?? '',
  );

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
