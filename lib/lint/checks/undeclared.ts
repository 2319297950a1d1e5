// SPDX-License-Identifier: Apache-2.0
import type { LintCheck } from '../lint-check.ts';
import { undeclaredConventions } from '../undeclared/conventions.ts';
import { undeclaredFiles } from '../undeclared/files.ts';
import { undeclaredPrograms } from '../undeclared/programs.ts';
import { undeclaredVariables } from '../undeclared/variables.ts';

/** What an element uses of another, that other is named in element-deps, or in those of what is named there. */
export const undeclared: LintCheck = (element, tree) => [
  ...undeclaredConventions(element, tree),
  ...undeclaredPrograms(element, tree),
  ...undeclaredVariables(element, tree),
  ...undeclaredFiles(element, tree),
];
