// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Removes a directory with what a killed build may have left in it: mounts and attached loop devices. */
export function sweep(place: string): void {
  const mounts = mountPointsBelow(readFileSync('/proc/self/mountinfo', 'utf8'), place);
  for (const mount of mounts) spawnSync('umount', [mount]);
  for (const device of loopDevicesOf(place)) spawnSync('losetup', ['--detach', device]);
  rmSync(place, { recursive: true, force: true, maxRetries: 5 });
}

/** Mount points below a directory, in the order in which they can go: later ones lie on earlier ones. */
export function mountPointsBelow(mountinfo: string, place: string): readonly string[] {
  return mountinfo
    .split('\n')
    .map((line) => unescapeOctal(line.split(' ')[4] ?? ''))
    .filter((point) => point.startsWith(`${place}/`))
    .reverse();
}

/** mountinfo writes blanks and the like as `\040`. */
const unescapeOctal = (text: string): string =>
  text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));

function loopDevicesOf(place: string): readonly string[] {
  return readdirSync('/sys/block')
    .filter((name) => name.startsWith('loop') && backingFile(name).startsWith(`${place}/`))
    .map((name) => `/dev/${name}`);
}

function backingFile(device: string): string {
  try {
    return readFileSync(join('/sys/block', device, 'loop/backing_file'), 'utf8');
  } catch {
    return '';
  }
}
