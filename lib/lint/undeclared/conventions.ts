// SPDX-License-Identifier: Apache-2.0
import { elementName } from '../../model/brands.ts';
import { closureOf } from '../closure.ts';
import type { LintCheck } from '../lint-check.ts';

/** Files that mean something only where another element reads them. */
const conventions = [
  {
    pattern: /^(\w[\w-]*\.d\/)?package-installs-|^package-installs\.(yaml|json)$/,
    reader: 'package-installs',
  },
  { pattern: /^pkg-map$/, reader: 'pkg-map' },
  { pattern: /^svc-map$/, reader: 'svc-map' },
  { pattern: /^source-repository-/, reader: 'source-repositories' },
  { pattern: /^static\//, reader: 'install-static' },
  { pattern: /^init-scripts\//, reader: 'dib-init-system' },
  { pattern: /^modprobe\.d\//, reader: 'modprobe' },
  { pattern: /^install\.d\/[^/]+-install\//, reader: 'install-types' },
] as const;

export const undeclaredConventions: LintCheck = ({ loaded, files }, tree) => {
  const closure = closureOf(loaded, tree);
  return conventions.flatMap(({ pattern, reader }) => {
    const file = files.find(({ path }) => pattern.test(path));
    if (file === undefined || closure.has(elementName(reader))) return [];
    const message = `means nothing without the element ${reader}: add \`${reader}\` to element-deps`;
    return [{ path: file.path, line: 1, message }];
  });
};
