// SPDX-License-Identifier: Apache-2.0
import { globPattern } from '../model/glob-pattern.ts';
import { moduleName } from './module-index.ts';
import type { RamdiskEntry } from './ramdisk-entry.ts';
import { entriesFor } from './ramdisk-entry.ts';
import type { FoundFile, TreeReader } from './tree-reader.ts';

/** A name below /lib/firmware, or a pattern of names, as modules give it. */
export type WantedFirmware = {
  readonly name: string;
  /** Names of modules. */
  readonly wantedBy: readonly string[];
};

export type FoundFirmware = {
  /** Links and files, each path once, in the order of their paths. */
  readonly entries: readonly RamdiskEntry[];
  /** Modules name firmware for devices of all ages: the greater part is never there. */
  readonly missing: readonly WantedFirmware[];
};

/** What `modinfo -0` printed for any number of modules: fields end in a zero byte, `filename` begins each module. */
export function wantedFirmware(modinfo: string): readonly WantedFirmware[] {
  const wanted = new Map<string, string[]>();
  let module = '';
  for (const entry of modinfo.split('\0')) {
    const [, field, value = ''] = /^\s*(\w+)(?:=|:\s*)([^]*)$/.exec(entry) ?? [];
    if (field === 'filename') module = moduleName(value);
    if (field === 'firmware') wanted.set(value, [...(wanted.get(value) ?? []), module]);
  }
  return [...wanted]
    .map(([name, modules]) => ({ name, wantedBy: [...new Set(modules)] }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

export type FirmwareTerms = {
  readonly wanted: readonly WantedFirmware[];
  readonly kernelVersion: string;
  /** DIB_MODULE_ROOT: lib/firmware below it counts first; empty: that of the tree alone. */
  readonly moduleRoot: string;
};

/** What the kernel would load in the tree: the first of its directories, and files as they are before compressed ones. */
export function findFirmware(reader: TreeReader, { wanted, ...terms }: FirmwareTerms): FoundFirmware {
  const directories = directoriesFor(terms).filter((top) => reader.find(top)?.kind === 'directory');
  const searched = wanted.map((one) => ({ one, files: filesFor(reader, directories, one.name) }));
  const entries = new Map(
    searched.flatMap(({ files }) => files.flatMap(entriesFor)).map((entry) => [entry.path, entry]),
  );
  return {
    entries: [...entries.values()].sort((a, b) => (a.path < b.path ? -1 : 1)),
    missing: searched.filter(({ files }) => files.length === 0).map(({ one }) => one),
  };
}

/** One line, however many there are. */
export function describeMissingFirmware(missing: readonly WantedFirmware[]): string {
  const modules = [...new Set(missing.flatMap(({ wantedBy }) => wantedBy))].sort();
  const shown = modules.slice(0, mostModulesShown);
  const others = modules.length - shown.length;
  const names = [...shown, ...(others === 0 ? [] : [`${others} more`])].join(', ');
  const files = missing.length === 1 ? 'a firmware file' : `${missing.length} firmware files`;
  return `the tree lacks ${files} that modules may ask for: ${names}`;
}

const mostModulesShown = 5;

function directoriesFor({ kernelVersion, moduleRoot }: Omit<FirmwareTerms, 'wanted'>): readonly string[] {
  const root = moduleRoot.replace(/\/+$/, '');
  const tops = [...new Set([`${root}/lib/firmware`, '/lib/firmware'])];
  return tops.flatMap((top) => [
    `${top}/updates/${kernelVersion}`,
    `${top}/updates`,
    `${top}/${kernelVersion}`,
    top,
  ]);
}

const endings = ['', '.zst', '.xz'];

function filesFor(reader: TreeReader, directories: readonly string[], name: string): readonly FoundFile[] {
  const names = /[*?[]/.test(name) ? namesLike(reader, directories, name) : [name];
  return names.flatMap((one) => firstOf(reader, directories, one) ?? []);
}

function firstOf(reader: TreeReader, directories: readonly string[], name: string): FoundFile | null {
  for (const path of endings.flatMap((ending) => directories.map((top) => `${top}/${name}${ending}`))) {
    const found = reader.find(path);
    if (found?.kind === 'file') return found;
  }
  return null;
}

/** Names that a pattern matches in any of the directories, without the endings of compressed files. */
function namesLike(reader: TreeReader, directories: readonly string[], name: string): readonly string[] {
  const below = (top: string, parts: readonly string[]): readonly string[] => {
    const [part, ...others] = parts;
    if (part === undefined) return [''];
    const pattern = globPattern(part);
    const names = [...new Set(reader.namesIn(top).map((file) => file.replace(/\.(zst|xz)$/, '')))];
    return names
      .filter((one) => pattern.test(one))
      .flatMap((one) => below(`${top}/${one}`, others).map((rest) => (rest === '' ? one : `${one}/${rest}`)));
  };
  return [...new Set(directories.flatMap((top) => below(top, name.split('/'))))].sort();
}
