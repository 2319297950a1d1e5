// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { paxMembers } from '../../lib/worker/tree/pax-attributes.ts';
import { succeed } from './ordinary-user.ts';

/**
 * What a tar archive holds, a line for each member: kind, mode, owner, size, path, target of a link, attributes with
 * their values, digest of the content. Times are not said.
 */
export function treeInTar(file: string): readonly string[] {
  const digests = digestsIn(file);
  const attributes = new Map(paxMembers(readFileSync(file)).map(({ path, attributes: all }) => [path, all]));
  const listed = succeed('tar', [
    '--list',
    '--verbose',
    '--numeric-owner',
    '--quoting-style=escape',
    '-f',
    file,
  ]);
  return listed
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [, mode, owner, size, path = ''] = /^(\S{10})\S* +(\S+) +([\d,]+) \S+ \S+ (.*)$/.exec(line) ?? [];
      const name = unescape(path.replace(/ (->|link to) .*/, '')).replace(/\/$/, '');
      const own = [...(attributes.get(name) ?? [])].map(([key, value]) => `${key}=${value}`).sort();
      return [mode, owner, size, path, ...own, digests.get(name) ?? ''].join(' ').trimEnd();
    })
    .sort();
}

/** Of each file with content of its own, by path with bytes as characters. */
function digestsIn(file: string): ReadonlyMap<string, string> {
  const command = 'printf "%s\\0%s\\0" "$TAR_FILENAME" "$(sha256sum)"';
  const printed = succeed('sh', [
    '-c',
    'tar --extract --file "$0" --to-command "$1" | base64',
    file,
    command,
  ]);
  const words = Buffer.from(printed, 'base64').toString('latin1').split('\0');
  const pairs = Array.from({ length: Math.floor(words.length / 2) }, (_, index) => words.slice(2 * index));
  return new Map(pairs.map(([path = '', digest = '']) => [path, digest.slice(0, 64)]));
}

/** As tar escapes names: octal digits, and letters for what C has letters for. */
function unescape(text: string): string {
  const letters: Readonly<Record<string, string>> = { n: '\n', t: '\t', '\\': '\\', r: '\r' };
  return text.replace(/\\(?:([0-7]{3})|(.))/g, (_, octal: string | undefined, letter: string) =>
    octal === undefined ? (letters[letter] ?? letter) : String.fromCharCode(Number.parseInt(octal, 8)),
  );
}
