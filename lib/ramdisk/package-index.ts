// SPDX-License-Identifier: Apache-2.0
import { posix } from 'node:path';

/**
 * Which packages have the programs of these names, by Debian's index of commands (`dists/SUITE/COMPONENT/cnf/Commands-ARCH`:
 * paragraphs with `name:` of the package and `commands:`, separated by commas). Of a path the last part counts; names that
 * no package has are left out. Several indexes may follow each other.
 */
export function packagesWith(
  indexText: string,
  names: readonly string[],
): ReadonlyMap<string, readonly string[]> {
  const packages = new Map<string, readonly string[]>();
  for (const paragraph of indexText.split(/\n[ \t]*\n/)) {
    const name = fieldOf(paragraph, 'name');
    const commands = fieldOf(paragraph, 'commands')?.split(/\s*,\s*/) ?? [];
    if (name === null) continue;
    for (const wanted of names)
      if (commands.includes(posix.basename(wanted)))
        packages.set(wanted, [...new Set([...(packages.get(wanted) ?? []), name])]);
  }
  return packages;
}

const fieldOf = (paragraph: string, field: string): string | null =>
  new RegExp(`^${field}:[ \\t]*(.*?)[ \\t\\r]*$`, 'm').exec(paragraph)?.[1] ?? null;
