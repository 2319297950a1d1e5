// SPDX-License-Identifier: Apache-2.0
import { nearestNames } from '../model/nearest-name.ts';
import type { Problem } from '../model/problem.ts';
import { byName, matchModules } from './match-modules.ts';
import type { ModuleClass } from './module-classes.ts';
import { moduleClasses } from './module-classes.ts';
import type { ModuleIndex } from './module-index.ts';
import { withUnderscores } from './module-index.ts';

/** A word of a list of modules: a class, `all`, or what `matchModules` knows; with `-` in front it takes away. */
export type WantedModules = {
  readonly word: string;
  /** For problems: the element. */
  readonly wantedBy: string;
};

export type ModuleSelection = {
  /** Below lib/modules/VERSION, sorted, with all that they need. */
  readonly files: readonly string[];
  /** Words that mean nothing to this kernel. */
  readonly missing: readonly WantedModules[];
  readonly problems: readonly Problem[];
};

/** Words of a file in modules.d: `#` begins a comment. */
export const moduleWords = (text: string): readonly string[] =>
  text.split('\n').flatMap((line) =>
    line
      .replace(/(^|\s)#.*/, '')
      .split(/\s+/)
      .filter((word) => word !== ''),
  );

/** Whether any of them adds modules. Where none does, all are meant. */
export const addsModules = (words: readonly string[]): boolean => words.some((word) => !word.startsWith('-'));

/**
 * Each word in turn adds modules or takes them away. What is left brings what it needs, taken away or not, and what it
 * wants beside that, unless that was taken away.
 */
export function selectModules(index: ModuleIndex, words: readonly WantedModules[]): ModuleSelection {
  const meanings = words.map((wanted) => ({ wanted, ...meaningOf(index, wanted.word) }));
  const missing = meanings
    .filter(({ names, takesAway }) => names === null && !takesAway)
    .map(({ wanted }) => wanted);
  const { chosen, refused } = weigh(meanings);
  const files = [...closureOf(index, chosen, refused)].flatMap((name) => index.modules.get(name)?.file ?? []);
  return {
    files: files.sort(),
    missing,
    problems: missing.length === 0 ? [] : [unknownModules(index, missing)],
  };
}

/** Null names: nobody knows the word. */
type Meaning = { readonly takesAway: boolean; readonly names: readonly string[] | null };

function meaningOf(index: ModuleIndex, word: string): Meaning {
  const takesAway = word.startsWith('-');
  return { takesAway, names: namesFor(index, takesAway ? word.slice(1) : word) };
}

function namesFor(index: ModuleIndex, word: string): readonly string[] | null {
  if (word === 'all') return [...index.modules.keys()].filter((name) => !name.endsWith('fb'));
  const found = classNamed(word);
  if (found === null) return matchModules(index, word);
  return [...weigh(found.words.map((member) => meaningOf(index, member))).chosen];
}

function classNamed(word: string): ModuleClass | null {
  const classes: Readonly<Record<string, ModuleClass>> = moduleClasses;
  return Object.hasOwn(classes, word) ? (classes[word] ?? null) : null;
}

type Weighed = { readonly chosen: ReadonlySet<string>; readonly refused: ReadonlySet<string> };

function weigh(meanings: readonly Meaning[]): Weighed {
  const chosen = new Set<string>();
  const refused = new Set<string>();
  for (const { takesAway, names } of meanings) {
    const [to, from] = takesAway ? [refused, chosen] : [chosen, refused];
    for (const name of names ?? []) {
      to.add(name);
      from.delete(name);
    }
  }
  return { chosen, refused };
}

function closureOf(
  index: ModuleIndex,
  chosen: ReadonlySet<string>,
  refused: ReadonlySet<string>,
): ReadonlySet<string> {
  const closed = new Set(chosen);
  // A set that grows is walked to its end.
  for (const name of closed) {
    const { needs = [], wants = [] } = index.modules.get(name) ?? {};
    for (const other of needs) closed.add(other);
    for (const other of wants.flatMap((word) => byName(index, word) ?? []))
      if (!refused.has(other)) closed.add(other);
  }
  return closed;
}

function unknownModules(index: ModuleIndex, missing: readonly WantedModules[]): Problem {
  const words = [...new Set(missing.map(({ word }) => word))];
  const named = words.map((word) => `${word} (wanted by ${whoWants(word, missing).join(', ')})`);
  const known = [...Object.keys(moduleClasses), ...index.modules.keys(), ...index.builtIn.keys()];
  const nearest = words.flatMap((word) => {
    const names = nearestNames(withUnderscores(word), known);
    return names.length === 0 ? [] : [`${word}: did you mean ${names.join(' or ')}?`];
  });
  return {
    message: `the kernel has no modules ${named.join(', ')}`,
    hints: [
      ...nearest,
      `name a class (${[...Object.keys(moduleClasses), 'all'].join(', ')}), a module, a pattern of names or a path below kernel/`,
      'or install the package that has the modules; some kernels for clouds have none for hardware',
    ],
  };
}

const whoWants = (word: string, missing: readonly WantedModules[]): readonly string[] => [
  ...new Set(missing.filter((wanted) => wanted.word === word).map(({ wantedBy }) => wantedBy)),
];
