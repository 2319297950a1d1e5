// SPDX-License-Identifier: Apache-2.0
import type { Problem } from '../model/problem.ts';
import type { MissingProgram } from './find-programs.ts';

/**
 * All missing programs at once, each with the elements that want it and the packages that have it.
 * @param packages By name of the program; none where no package is known to have it.
 */
export function describeMissingPrograms(
  missing: readonly MissingProgram[],
  packages: ReadonlyMap<string, readonly string[]>,
): Problem {
  const names = missing.map(({ name }) => name).join(', ');
  return {
    message:
      missing.length === 1
        ? `a program that the RAM disk needs is not there: ${names}`
        : `${missing.length} programs that the RAM disk needs are not there: ${names}`,
    hints: [
      ...missing.map((program) => describeProgram(program, packages.get(program.name) ?? [])),
      'let the elements that want them install them (package-installs.yaml), or take them out of binary-deps',
    ],
  };
}

const describeProgram = ({ name, wantedBy }: MissingProgram, packages: readonly string[]): string =>
  `${name}, wanted by ${wantedBy.join(', ')}, is in ${describePackages(packages)}`;

function describePackages(packages: readonly string[]): string {
  if (packages.length === 0) return 'no package that is known here';
  return packages.length === 1 ? `the package ${packages.join()}` : `the packages ${packages.join(', ')}`;
}
