// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { compareBytes } from '../model/hook-order.ts';
import { lintChecks } from './checks/index.ts';
import type { Finding } from './finding.ts';
import type { LintCheck, Remark } from './lint-check.ts';
import type { LintElement, LintTree } from './lint-tree.ts';

/** Everything that is wrong with the elements of a tree, by file and line, less what was asked not to be told. */
export function lintElements(tree: LintTree): readonly Finding[] {
  return tree.elements.flatMap((element) =>
    Object.entries<LintCheck>(lintChecks).flatMap(([check, find]) =>
      find(element, tree).map((remark) => findingOf(element, check, remark)),
    ),
  );
}

export const findingOf = (
  { shownAs }: LintElement,
  check: string,
  { path, line, message }: Remark,
): Finding => ({
  file: join(shownAs, path),
  line,
  check,
  message,
});

/**
 * Leaves out what `# dib-lint: disable=CHECK …` in the file, or in the element's element.yaml, asks to be left out,
 * and the checks that are ignored altogether; sorts the rest by place, and tells what is wrong twice in a line once.
 */
export function keptFindings(
  findings: readonly Finding[],
  tree: LintTree,
  ignored: readonly string[],
): readonly Finding[] {
  const disabled = disabledChecks(tree);
  return [...new Map(findings.map((finding) => [Object.values(finding).join('\0'), finding])).values()]
    .filter(({ file, check }) => !ignored.includes(check) && disabled.get(file)?.has(check) !== true)
    .sort((a, b) => compareBytes(a.file, b.file) || a.line - b.line || compareBytes(a.check, b.check));
}

/** By file: the names that its own words and those of element.yaml turn off. */
function disabledChecks({ elements }: LintTree): ReadonlyMap<string, ReadonlySet<string>> {
  return new Map(
    elements.flatMap(({ shownAs, files }) => {
      const forAll = namesIn(files.find(({ path }) => path === 'element.yaml')?.text ?? '');
      return [
        [join(shownAs, 'README.md'), new Set(forAll)] as const,
        ...files.map(
          ({ path, text }) => [join(shownAs, path), new Set([...forAll, ...namesIn(text ?? '')])] as const,
        ),
      ];
    }),
  );
}

const namesIn = (text: string): readonly string[] =>
  [...text.matchAll(/dib-lint:\s*disable=([\w ,-]+)/g)].flatMap(([, names = '']) => names.split(/[\s,]+/));

/** The names after `ignore=` in the section `[dib-lint]` of a tox.ini, on that line or indented below it. */
export function ignoredChecks(toxIni: string): readonly string[] {
  const [, section = ''] = /^\[dib-lint\][^\n]*\n([^]*?)(?=^\[|$(?![^]))/m.exec(toxIni) ?? [];
  const [, names = ''] = /^ignore\s*=\s*([^\n]*(?:\n[ \t]+[^\n]*)*)/m.exec(section) ?? [];
  return names.split(/[\s,]+/).filter((name) => name !== '');
}
