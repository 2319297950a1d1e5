// SPDX-License-Identifier: Apache-2.0
import { lstat, rename, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { ignoreMissing } from '../../host/file-checks.ts';
import type { PlannedOutput } from '../../model/plan.ts';

const checksumKinds = ['md5', 'sha256'];

/**
 * Makes room for an output: one of the same name is renamed after its own date, with its checksums, or, when it is to
 * be replaced, its checksums are removed, since they would be of another file. A directory that is no image of ours
 * is never removed.
 * @param name With the extension, as `NAME.EXT`.
 */
export async function putOldAway({ file, keepOld, recipe }: PlannedOutput, name: string): Promise<void> {
  const old = await lstat(file).catch(() => null);
  if (old === null) return;
  const isReplaced = !keepOld && (recipe.kind === 'oci' || !old.isDirectory());
  if (isReplaced) {
    for (const kind of checksumKinds) await rm(`${file}.${kind}`, { force: true });
    if (recipe.kind === 'oci') await rm(file, { recursive: true, force: true });
    return;
  }
  const target = await freeName(datedName(file, extensionOf(name), old.mtime));
  await rename(file, target);
  for (const kind of checksumKinds) await rename(`${file}.${kind}`, `${target}.${kind}`).catch(ignoreMissing);
}

/** `out.qcow2` of that moment, local time, is `out-2024.03.01-14.05.09.qcow2`. */
export function datedName(file: string, extension: string, when: Date): string {
  const stem = file.slice(0, file.length - extension.length);
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = [when.getFullYear(), two(when.getMonth() + 1), two(when.getDate())].join('.');
  const time = [when.getHours(), when.getMinutes(), when.getSeconds()].map(two).join('.');
  return `${stem}-${day}-${time}${extension}`;
}

/** With its dot; `tar.zst` is one extension. */
export function extensionOf(name: string): string {
  return /\.tar\.zst$|\.[^./]*$/.exec(basename(name))?.[0] ?? '';
}

/** Two images of the same second must not replace each other. */
async function freeName(wanted: string): Promise<string> {
  let name = wanted;
  for (let count = 1; (await lstat(name).catch(() => null)) !== null; count++) name = `${wanted}.${count}`;
  return name;
}
