// SPDX-License-Identifier: Apache-2.0
import type { Result } from '../model/problem.ts';
import { failed, success } from '../model/problem.ts';
import type { TreeReader } from './tree-reader.ts';

/** What depmod and the makers of a kernel say about its modules. Names and aliases have `_` where files may have `-`. */
export type ModuleIndex = {
  readonly modules: ReadonlyMap<string, KernelModule>;
  /** Name → path without its ending, of what needs no file: it is part of the kernel. */
  readonly builtIn: ReadonlyMap<string, string>;
  /** Alias → names of modules, none for one that only built-in modules have. */
  readonly aliases: ReadonlyMap<string, readonly string[]>;
};

export type KernelModule = {
  readonly name: string;
  /** Below lib/modules/VERSION, as in `kernel/fs/ext4/ext4.ko.xz`. */
  readonly file: string;
  /** Names of the modules it cannot be loaded without. */
  readonly needs: readonly string[];
  /** Names or aliases of modules that are loaded before or after it, or may be: a kernel may well lack them. */
  readonly wants: readonly string[];
};

/** Texts of the files modules.NAME in lib/modules/VERSION; empty for what is not there. */
export type ModuleTexts = Readonly<Record<ModuleTextName, string>>;
type ModuleTextName = (typeof textNames)[number];
const textNames = ['dep', 'alias', 'softdep', 'weakdep', 'builtin', 'builtin.modinfo'] as const;

/** @param directory lib/modules/VERSION in the tree. */
export function readModuleIndex(reader: TreeReader, directory: string): Result<ModuleIndex> {
  const textOf = (name: ModuleTextName): string => {
    const found = reader.find(`${directory}/modules.${name}`);
    return found?.kind === 'file' ? new TextDecoder().decode(reader.read(found.path)) : '';
  };
  const texts = Object.fromEntries(textNames.map((name) => [name, textOf(name)])) as ModuleTexts;
  const isKnown = reader.find(`${directory}/modules.dep`) !== null;
  if (isKnown || !reader.namesIn(directory).includes('kernel')) return success(moduleIndex(texts));
  return failed({
    message: `${directory} has modules, but no modules.dep that says which needs which`,
    hints: ['run depmod there: install kmod in an element before the kernel, or `depmod -b ROOT VERSION`'],
  });
}

export function moduleIndex(texts: ModuleTexts): ModuleIndex {
  const wants = wantsIn(`${texts.softdep}\n${texts.weakdep}`);
  const modules = new Map<string, KernelModule>();
  for (const line of linesOf(texts.dep)) {
    const [file = '', ...needed] = line.split(/:?\s+|:$/).filter((word) => word !== '');
    const name = moduleName(file);
    modules.set(name, { name, file, needs: needed.map(moduleName), wants: wants.get(name) ?? [] });
  }
  const builtIn = linesOf(texts.builtin).map((file) => [moduleName(file), withoutEnding(file)] as const);
  return { modules, builtIn: new Map(builtIn), aliases: aliasesIn(texts) };
}

/** `nls_iso8859_1` of `kernel/fs/nls/nls_iso8859-1.ko.xz`. */
export const moduleName = (file: string): string =>
  withUnderscores(withoutEnding(file.slice(file.lastIndexOf('/') + 1)));

export const withoutEnding = (file: string): string => file.replace(/\.ko(\.(gz|xz|zst))?$/, '');

/** `-` and `_` mean the same in names of modules, sets of a pattern apart. */
export const withUnderscores = (name: string): string =>
  name.replaceAll(/\[[^\]]*\]|-/g, (part) => (part === '-' ? '_' : part));

const linesOf = (text: string): readonly string[] =>
  text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

/** Of lines like `softdep NAME pre: A B post: C` and `weakdep NAME A`. */
function wantsIn(text: string): ReadonlyMap<string, readonly string[]> {
  const wants = new Map<string, readonly string[]>();
  for (const line of linesOf(text)) {
    const [, name = '', ...words] = line.split(/\s+/).filter((word) => word !== '');
    const others = words.filter((word) => word !== 'pre:' && word !== 'post:').map(withUnderscores);
    const key = withUnderscores(name);
    wants.set(key, [...(wants.get(key) ?? []), ...others]);
  }
  return wants;
}

/** Of lines like `alias pci:v00008086d* e1000e`, and of built-in modules, where each entry ends in a zero byte. */
function aliasesIn(texts: ModuleTexts): ReadonlyMap<string, readonly string[]> {
  const aliases = new Map<string, string[]>();
  for (const line of linesOf(texts.alias)) {
    const [, text = '', name = ''] = line.split(/\s+/);
    const alias = withUnderscores(text);
    const names = aliases.get(alias) ?? [];
    names.push(withUnderscores(name));
    aliases.set(alias, names);
  }
  for (const [, alias = ''] of texts['builtin.modinfo'].matchAll(/(?:^|\0)[^.\0]+\.alias=([^\0]*)/g))
    aliases.set(withUnderscores(alias), aliases.get(withUnderscores(alias)) ?? []);
  return aliases;
}
