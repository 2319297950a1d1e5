// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';

/**
 * `NAME VERSION` of each installed package of an image that is one ext4 file system. Null when it cannot be read, which
 * is told.
 */
export function packagesOfImage(image: string, scratch: string): readonly string[] | null {
  const raw = join(scratch, 'packages.raw');
  try {
    run(['qemu-img', 'convert', '-O', 'raw', image, raw]);
    return readDpkgStatus(run(['debugfs', '-R', 'cat /var/lib/dpkg/status', raw]));
  } catch (error) {
    console.error(`packages are not compared: ${String(error)}`);
    return null;
  } finally {
    rmSync(raw, { force: true });
  }
}

function run([program = '', ...words]: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(program, words, { encoding: 'utf8', maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error(`${program} ${words.join(' ')}: ${stderr}`);
  return stdout;
}

/** Sorted `NAME VERSION` of what is installed. */
export function readDpkgStatus(text: string): readonly string[] {
  return text
    .split('\n\n')
    .flatMap((stanza) => {
      const field = (name: string): string | undefined =>
        new RegExp(`^${name}: (.*)$`, 'm').exec(stanza)?.[1];
      const isInstalled = field('Status')?.endsWith(' installed') === true;
      return isInstalled ? [`${field('Package') ?? ''} ${field('Version') ?? ''}`] : [];
    })
    .sort();
}

/** Says whether two lists of packages are the same, or what only one of them has. */
export function comparePackages(debian: readonly string[], ours: readonly string[]): string {
  const onlyIn = (some: readonly string[], others: readonly string[]): readonly string[] =>
    some.filter((name) => !others.includes(name));
  const [onlyDebian, onlyOurs] = [onlyIn(debian, ours), onlyIn(ours, debian)];
  if (onlyDebian.length + onlyOurs.length === 0)
    return `both images have the same ${ours.length} packages in the same versions`;
  const list = (names: readonly string[]): string => (names.length === 0 ? 'none' : names.join(', '));
  return `the images differ; only Debian's has ${list(onlyDebian)}; only ours has ${list(onlyOurs)}`;
}
