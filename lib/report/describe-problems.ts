// SPDX-License-Identifier: Apache-2.0
import type { Problem } from '../model/problem.ts';

/** All problems in words, each with its place, the offending line with a caret, and hints. Ends with a line end. */
export function describeProblems(problems: readonly Problem[]): string {
  return problems.map((problem) => `${describeProblem(problem).join('\n')}\n`).join('');
}

function describeProblem({ message, hints, location }: Problem): readonly string[] {
  const place = location === undefined ? '' : `${placeOf(location)}: `;
  return [
    `${place}${message}`,
    ...(location === undefined ? [] : excerpt(location)),
    ...(hints ?? []).map((hint) => `  ${hint}`),
  ];
}

type Location = NonNullable<Problem['location']>;

const placeOf = ({ path, line, column }: Location): string =>
  [path, line, line === undefined ? undefined : column].filter((part) => part !== undefined).join(':');

/** The line under its number, and a caret that stands right below tabs, too. */
function excerpt({ line, column, text }: Location): readonly string[] {
  if (text === undefined) return [];
  const gutter = line === undefined ? '' : String(line);
  const shown = `  ${gutter} | ${text.trimEnd()}`;
  if (column === undefined) return [shown];
  const before = text.slice(0, column - 1).replace(/[^\t]/g, ' ');
  return [shown, `  ${' '.repeat(gutter.length)} | ${before}^`];
}
