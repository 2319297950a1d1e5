// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findMirror } from './find-mirror.ts';

/** Debian's own builder, whatever else of that name is on PATH. */
const PROGRAM = '/usr/bin/disk-image-create';
const PACKAGE = 'python3-diskimage-builder';
const SUITE = 'bookworm';

/** Why Debian's builder cannot be measured here, and what to do; null when it can. */
export function whyNoDebianBuilder(): string | null {
  if (!existsSync(PROGRAM) || versionOfDebianBuilder() === null)
    return `Debian's disk-image-create is not installed (apt-get install ${PACKAGE}), so nothing is compared with it.`;
  if (process.getuid?.() !== 0)
    return "Debian's disk-image-create needs root, and this was not run by root, so nothing is compared with it.";
  return null;
}

export function versionOfDebianBuilder(): string | null {
  const query = spawnSync('dpkg-query', ['-W', '-f', '${Version}', PACKAGE], { encoding: 'utf8' });
  return query.status === 0 && query.stdout !== '' ? query.stdout : null;
}

/**
 * The command in a mount and a PID namespace of its own: what it mounts and starts goes with it, also when the bench
 * is killed.
 */
export const debianCommand = (words: readonly string[]): readonly string[] => [
  ...[
    'setpriv',
    '--pdeathsig',
    'KILL',
    'unshare',
    '--mount',
    '--pid',
    '--fork',
    '--kill-child',
    '--mount-proc',
  ],
  PROGRAM,
  ...words,
];

/** The one repository that both builders take packages from. @throws Error when this machine names none. */
export function sourcesOfBoth(): Readonly<Record<string, string>> {
  const mirror = process.env['DIB_DISTRIBUTION_MIRROR'] ?? findMirror(readSources(), SUITE);
  if (mirror === null)
    throw new Error(
      `apt on this machine has no source of ${SUITE} main: say one with DIB_DISTRIBUTION_MIRROR`,
    );
  return { DIB_RELEASE: SUITE, DIB_APT_SOURCES_CONF: `default:deb ${mirror} ${SUITE} main` };
}

function readSources() {
  const directory = '/etc/apt/sources.list.d';
  const names = existsSync(directory) ? readdirSync(directory).sort() : [];
  return ['/etc/apt/sources.list', ...names.map((name) => join(directory, name))]
    .filter((file) => existsSync(file) && /\.(list|sources)$/.test(file))
    .map((file) => ({ name: file, text: readFileSync(file, 'utf8') }));
}

/** Environment of a command: the caller's without what would change a build, and what the bench says. */
export function environmentWith(more: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const kept = Object.entries(process.env).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && !/^(DIB_|ELEMENTS_PATH$|TMP_?DIR$)/.test(entry[0]),
  );
  return { ...Object.fromEntries(kept), ...more };
}
