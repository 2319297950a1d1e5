// SPDX-License-Identifier: Apache-2.0
import { posix } from 'node:path';
import type { FoundFile, TreeReader } from './tree-reader.ts';

/**
 * Descriptions of the terminals that a RAM disk is likely to be used from, when a file of the closure asks for them: of
 * each the one that ncurses would take.
 */
export function terminfoFiles(reader: TreeReader, files: readonly FoundFile[]): readonly FoundFile[] {
  if (!files.some(usesTerminals)) return [];
  return terminals.flatMap((terminal) => {
    const places = directories.flatMap((directory) =>
      subdirectoriesOf(terminal).map((subdirectory) => `${directory}/${subdirectory}/${terminal}`),
    );
    const found = places.map((place) => reader.find(place)).find((place) => place?.kind === 'file');
    return found ?? [];
  });
}

const terminals = [
  'ansi',
  'dumb',
  'linux',
  'screen',
  'vt100',
  'vt102',
  'vt220',
  'xterm',
  'xterm-256color',
] as const;

const directories = ['/etc/terminfo', '/lib/terminfo', '/usr/share/terminfo'];

/** The first letter; its number where file systems do not tell `A` from `a`. */
const subdirectoriesOf = (terminal: string): readonly string[] => [
  terminal.slice(0, 1),
  terminal.charCodeAt(0).toString(16),
];

const usesTerminals = ({ path, links }: FoundFile): boolean =>
  [path, ...links.map((link) => link.path)].some((name) =>
    /^(lib(tinfow?|ncursesw?|readline)\.so(\..*)?|bash)$/.test(posix.basename(name)),
  );
