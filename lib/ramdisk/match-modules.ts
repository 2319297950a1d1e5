// SPDX-License-Identifier: Apache-2.0
import { globPattern } from '../model/glob-pattern.ts';
import type { ModuleIndex } from './module-index.ts';
import { withoutEnding, withUnderscores } from './module-index.ts';

/**
 * Names of the modules that a word means: a name, `alias:` and a pattern of aliases, a pattern of names, or a path below
 * kernel/, which may be a pattern too and brings all that is below it. None for what is built in; null: nothing is meant.
 */
export function matchModules(index: ModuleIndex, word: string): readonly string[] | null {
  if (word.startsWith('alias:')) return byAlias(index, word.slice('alias:'.length));
  const plain = withUnderscores(withoutEnding(word));
  if (word.includes('/')) return byPath(index, plain);
  return /[*?[]/.test(word) ? byPattern(index, plain) : byName(index, plain);
}

/** As modprobe does: a module of that name, else all that have it as an alias. */
export function byName({ modules, builtIn, aliases }: ModuleIndex, name: string): readonly string[] | null {
  if (modules.has(name)) return [name];
  if (builtIn.has(name)) return [];
  return aliases.get(name) ?? null;
}

function byPattern({ modules, builtIn }: ModuleIndex, glob: string): readonly string[] | null {
  const pattern = globPattern(glob);
  const found = [...modules.keys()].filter((name) => pattern.test(name));
  const isKnown = found.length > 0 || [...builtIn.keys()].some((name) => pattern.test(name));
  return isKnown ? found : null;
}

function byAlias({ aliases }: ModuleIndex, glob: string): readonly string[] | null {
  const pattern = globPattern(withUnderscores(glob));
  const found = [...aliases].filter(([alias]) => pattern.test(alias));
  return found.length === 0 ? null : [...new Set(found.flatMap(([, names]) => names))];
}

function byPath({ modules, builtIn }: ModuleIndex, path: string): readonly string[] | null {
  const pattern = globPattern(belowTop(path.replace(/\/+$/, '')));
  const isMeant = (file: string): boolean =>
    ancestors(belowTop(pathOf(file))).some((part) => pattern.test(part));
  const found = [...modules.values()].filter(({ file }) => isMeant(file)).map(({ name }) => name);
  const isKnown = found.length > 0 || [...builtIn.values()].some(isMeant);
  return isKnown ? found : null;
}

const pathOf = (file: string): string => withUnderscores(withoutEnding(file));

const belowTop = (path: string): string => path.replace(/^\/?kernel\//, '').replace(/^\//, '');

/** `fs/ext4/ext4`, `fs/ext4`, `fs`. */
function ancestors(path: string): readonly string[] {
  const parts = path.split('/');
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}
