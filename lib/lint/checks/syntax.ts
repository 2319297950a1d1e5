// SPDX-License-Identifier: Apache-2.0
import { basename } from 'node:path';
import { evaluatePackageInstalls } from '../../elements/package-installs.ts';
import { readPackageMap } from '../../elements/package-map.ts';
import { hostPath } from '../../model/brands.ts';
import type { Problem } from '../../model/problem.ts';
import { parseYaml } from '../../yaml/located-yaml.ts';
import type { LintCheck, Remark } from '../lint-check.ts';
import type { LintFile } from '../lint-file.ts';
import type { LintElement } from '../lint-tree.ts';

/** Files of settings can be read, and package-installs files say what they may say. */
export const syntax: LintCheck = (element) =>
  element.files.flatMap((file) => remarksOn(element, file)).concat(settingsRemarks(element));

function remarksOn(element: LintElement, file: LintFile): readonly Remark[] {
  const { path, text } = file;
  if (text === null || path.includes('/')) return [];
  if (path === 'pkg-map' || path.endsWith('.json')) {
    const broken = jsonRemark(path, text);
    if (broken !== null) return [broken];
  }
  const problems = problemsIn(element, path, text);
  return problems.map((problem) => remark(path, problem));
}

function problemsIn({ loaded }: LintElement, path: string, text: string): readonly Problem[] {
  const file = { element: loaded.element.name, path: hostPath(path), text, isHidden: false };
  if (/^package-installs\.(yaml|json)$/.test(path)) {
    const read = evaluatePackageInstalls([file], () => 'unknown');
    return read.ok ? [] : read.problems;
  }
  if (path === 'pkg-map') return problemsOf(readPackageMap(text, file.path));
  return isYaml(path) ? problemsOf(parseYaml(text, path)) : [];
}

const isYaml = (path: string): boolean =>
  path === 'svc-map' || (/\.ya?ml$/.test(path) && path !== 'element.yaml');

const problemsOf = (read: {
  readonly ok: boolean;
  readonly problems?: readonly Problem[];
}): readonly Problem[] => read.problems ?? [];

const settingsRemarks = ({ loaded }: LintElement): readonly Remark[] =>
  loaded.problems.map((problem) => remark(basename(problem.location?.path ?? 'element.yaml'), problem));

const remark = (path: string, { message, hints = [], location }: Problem): Remark => ({
  path,
  line: location?.line ?? 1,
  message: [message, ...hints].join('; '),
});

/** Programs inside images read these, and know no YAML. */
function jsonRemark(path: string, text: string): Remark | null {
  try {
    JSON.parse(text);
    return null;
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    const position = /position (\d+)/.exec(said)?.[1];
    const before = position === undefined ? text.trimEnd() : text.slice(0, Number(position));
    return { path, line: before.split('\n').length, message: `is no JSON: ${said}` };
  }
}
