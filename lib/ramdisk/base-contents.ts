// SPDX-License-Identifier: Apache-2.0
import type { RamdiskEntry } from './ramdisk-entry.ts';
import { entriesFor } from './ramdisk-entry.ts';
import type { TreeReader } from './tree-reader.ts';

/** Directories that every RAM disk has: for mounts, and for what programs write. */
const directories: Readonly<Record<string, number>> = {
  '/dev': 0o755,
  '/etc': 0o755,
  '/mnt': 0o755,
  '/proc': 0o755,
  '/root': 0o700,
  '/run': 0o755,
  '/sys': 0o755,
  '/tmp': 0o1777,
  '/usr': 0o755,
  '/usr/share': 0o755,
  '/var': 0o755,
  '/var/lib': 0o755,
  '/var/log': 0o755,
  '/var/tmp': 0o1777,
};

/** As the tree has them: links where `/usr` is merged. */
const programPlaces = ['/bin', '/sbin', '/lib', '/lib64', '/usr/bin', '/usr/sbin', '/usr/lib'];

/** Small files that programs look into; those that the tree has. */
const files = ['/etc/passwd', '/etc/group', '/etc/hosts', '/etc/os-release', '/etc/udev/udev.conf'];

/** Directories of such files: with a pattern for those that count. */
const fileDirectories: readonly (readonly [string, RegExp])[] = [
  ['/etc/modprobe.d', /\.conf$/],
  ['/lib/modprobe.d', /\.conf$/],
];

/** Rules that make devices, find the modules of hardware, and name disks by what they hold. */
const udevRules = [
  '50-firmware.rules',
  '50-udev-default.rules',
  '60-block.rules',
  '60-cdrom_id.rules',
  '60-persistent-storage.rules',
  '80-drivers.rules',
];

/** What these rules start. */
const udevPrograms = ['ata_id', 'cdrom_id', 'scsi_id', 'mtd_probe'];

/** What is in every RAM disk, whatever its elements ask for. @param udevRoot Where lib/udev is. */
export function baseContents(reader: TreeReader, udevRoot: string): readonly RamdiskEntry[] {
  const made = Object.entries(directories).map(
    ([path, mode]) => ({ kind: 'directory', path, mode }) as const,
  );
  const udev = `${udevRoot}/lib/udev`;
  return [
    ...made,
    { kind: 'link', path: '/etc/mtab', text: '/proc/mounts' },
    { kind: 'link', path: '/var/run', text: '../run' },
    ...found(reader, programPlaces),
    ...found(reader, files),
    ...fileDirectories.flatMap(([directory, pattern]) =>
      found(
        reader,
        reader.namesIn(directory).flatMap((name) => (pattern.test(name) ? [`${directory}/${name}`] : [])),
      ),
    ),
    ...found(
      reader,
      udevRules.map((name) => `${udev}/rules.d/${name}`),
    ),
    ...found(
      reader,
      udevPrograms.map((name) => `${udev}/${name}`),
    ),
  ];
}

const found = (reader: TreeReader, paths: readonly string[]): readonly RamdiskEntry[] =>
  paths.flatMap((path) => {
    const there = reader.find(path);
    return there === null ? [] : entriesFor(there);
  });

/** Where a path of the RAM disk really is, when some directory on the way to it is a link in the tree. */
export function realPlace(reader: TreeReader, path: string): string {
  for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1)) {
    const there = reader.find(path.slice(0, end));
    if (there !== null) return there.path.replace(/\/$/, '') + path.slice(end);
  }
  return path;
}
