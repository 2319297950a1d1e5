// SPDX-License-Identifier: Apache-2.0
import { posix } from 'node:path';

/** What a script reads of the hooks directory, paths relative to it. */
export type ReadPaths = {
  /** Files by their whole paths. */
  readonly files: readonly string[];
  /** Beginnings of paths, empty text: of all: where it lists, as `cat "$(dirname "$0")"/*-part` or `cd "$(dirname "$0")/.."`. */
  readonly below: readonly string[];
};

/** @param directory That of the script, relative to the hooks directory. */
export function pathsReadBy(text: string, directory: string): ReadPaths {
  if (!mentions.test(text)) return { files: [], below: [] };
  const lines = withAliases(text.replaceAll(/^\s*#.*$/gm, '').replaceAll('\\\n', ' ')).split('\n');
  const found = lines.filter((line) => line.includes(MARK)).flatMap((line) => placesIn(line, directory));
  return {
    files: found.flatMap(({ path, isListed }) => (isListed ? [] : path)),
    below: [...new Set(found.flatMap(({ path, isListed }) => (isListed ? path : [])))],
  };
}

const mentions = /dirname|BASH_SOURCE|%\/\*\}|TMP_HOOKS_PATH|in_target\.d/;

const MARK = '\u0001';
/** What stands for the script's own directory, and for the hooks directory. */
const own =
  /\$\(dirname (?:-- )?"?\$(?:0|\{0\}|\{?BASH_SOURCE(?:\[0\])?\}?)"?\)|\$\{(?:0|BASH_SOURCE(?:\[0\])?)%\/\*\}/g;
const whole = /\$TMP_HOOKS_PATH\b|\$\{TMP_HOOKS_PATH\}|\/tmp\/in_target\.d\b/g;

/** With the marks put in, also where a variable stands for them. */
function withAliases(text: string): string {
  let marked = text.replaceAll(own, `${MARK}own${MARK}`).replaceAll(whole, `${MARK}all${MARK}`);
  for (const [, name = '', value = ''] of marked.matchAll(alias)) {
    marked = marked.replaceAll(new RegExp(`\\$${name}\\b|\\$\\{${name}\\}`, 'g'), () => value);
  }
  return marked;
}

/** `here=$(dirname "$0")/../x`, also within `$(cd … && pwd)`, `$(readlink -f …)` and `$(realpath …)`. */
const alias =
  /^\s*(?:(?:local|readonly|export|declare)\s+)?(\w+)=["']?(?:\$\((?:cd|readlink -f|realpath)\s+["']?)?(\u0001\w+\u0001["']?(?:\/[\w.+@-]+)*)/gm;

/** A place, the names that follow it, and what else belongs to the same word. */
const place = /\u0001(own|all)\u0001["']?((?:\/[\w.+@-]+)*)(\/?[^\s"');|&]*)/g;

type Place = { readonly path: string; readonly isListed: boolean };

function placesIn(line: string, directory: string): readonly Place[] {
  const isOnlyAlias = line.replace(alias, '') !== line && !/\bcd\b/.test(line);
  if (isOnlyAlias) return [];
  return [...line.matchAll(place)].map(([, kind, names = '', rest = '']) => {
    const path = relative(`${kind === 'own' ? directory : ''}${names}`);
    const pattern = /^(\/?[\w.+@-]*)["']?[*?[{$]/.exec(rest)?.[1];
    if (pattern !== undefined) return { path: (path + pattern).replace(/^\//, ''), isListed: true };
    return { path, isListed: looks.test(line) };
  });
}

/** Programs that read directories, or go into one so that what is read there has no place before it. */
const looks = /\b(find|ls|cp|tar|rsync|cat|cd|pushd|grep|du|diff|for|mapfile|sha256sum|md5sum)\b/;

function relative(path: string): string {
  const normal = posix.normalize(path.replace(/^\//, ''));
  return normal === '.' || normal.startsWith('..') ? '' : normal.replace(/\/$/, '');
}
