// SPDX-License-Identifier: Apache-2.0
import type { BootPatterns, BootRule, OperatingSystem } from './boot-files.ts';
import { hasKernel } from './boot-files.ts';
import type { DiskReader } from './disk-reader.ts';

/** The directory that holds the kernels of a disk. */
export type BootPlace = {
  /** As GRUB writes it. */
  readonly place: string;
  readonly names: readonly string[];
  readonly rule: BootRule;
};

/** Finds the kernels: in /boot of a file system, else at the top of one that is mounted there. Null: there are none. */
export async function findBoot(reader: DiskReader, patterns: BootPatterns | null): Promise<BootPlace | null> {
  const tops = await findTops(reader);
  const rule = patterns ?? (await findSystem(reader, tops));
  for (const place of [...tops.map((top) => `${top}/boot`), ...tops]) {
    const names = await reader.names(place);
    if (hasKernel(names, rule)) return { place, names, rule };
  }
  return null;
}

/** Subvolumes that hold the root, as Ubuntu, Debian and Fedora call them. */
const subvolumes = ['@', '@rootfs', 'root'];

/** Where a root may lie: at the top of a file system that can be read, or in a subvolume. */
async function findTops({ devices, names }: DiskReader): Promise<readonly string[]> {
  const tops = await Promise.all(
    devices.map(async (device) => {
      const found = await names(`(${device})`);
      const below = subvolumes.filter((name) => found.includes(name)).map((name) => `(${device})/${name}`);
      return found.length === 0 ? [] : [`(${device})`, ...below];
    }),
  );
  return tops.flat();
}

async function findSystem(reader: DiskReader, tops: readonly string[]): Promise<OperatingSystem | null> {
  for (const top of tops) {
    const system = await systemIn(reader, `${top}/etc`);
    if (system !== null) return system;
  }
  return null;
}

const releaseFiles: readonly (readonly [string, OperatingSystem])[] = [
  ['redhat-release', 'redhat'],
  ['debian_version', 'debian'],
  ['SuSE-release', 'suse'],
  ['gentoo-release', 'gentoo'],
];

async function systemIn(reader: DiskReader, etc: string): Promise<OperatingSystem | null> {
  const names = await reader.names(etc);
  const known = releaseFiles.find(([file]) => names.includes(file));
  if (known !== undefined) return known[1];
  if (!names.includes('os-release')) return null;
  const ids = [...(await reader.text(`${etc}/os-release`)).matchAll(/^ID(?:_LIKE)?=["']?([^"'\n]*)/gm)];
  return systemOf(ids.flatMap(([, words = '']) => words.split(/\s+/)));
}

/** SUSE's newer releases have nothing but os-release. */
function systemOf(ids: readonly string[]): OperatingSystem | null {
  if (ids.some((id) => /suse|^sles|^sled/.test(id))) return 'suse';
  if (ids.some((id) => /^(fedora|rhel|centos)$/.test(id))) return 'redhat';
  if (ids.some((id) => /^(debian|ubuntu)$/.test(id))) return 'debian';
  return ids.includes('gentoo') ? 'gentoo' : null;
}
