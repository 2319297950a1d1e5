// SPDX-License-Identifier: Apache-2.0
import { realPlace } from './base-contents.ts';
import type { RamdiskEntry } from './ramdisk-entry.ts';
import type { TreeReader } from './tree-reader.ts';

/**
 * Links that make busybox every program that nothing else brings.
 * @param applets What `busybox --list-full` printed: where it would install each.
 * @param taken Names of programs that are there.
 */
export function appletLinks(
  reader: TreeReader,
  busybox: string,
  { applets, taken }: { readonly applets: readonly string[]; readonly taken: ReadonlySet<string> },
): readonly RamdiskEntry[] {
  return applets
    .filter((applet) => !taken.has(nameOf(applet)))
    .map((applet) => ({ kind: 'link', path: placeOf(reader, applet), text: busybox }) as const);
}

/** Where links on the way lead to, but not one of that name: that is another program, which is not in the RAM disk. */
function placeOf(reader: TreeReader, applet: string): string {
  const directory = realPlace(reader, `/${applet.slice(0, Math.max(0, applet.lastIndexOf('/')))}`);
  return `${directory.replace(/\/$/, '')}/${nameOf(applet)}`;
}

/** The words of `busybox --list-full`. */
export const appletsIn = (printed: string): readonly string[] =>
  printed.split('\n').flatMap((line) => (/^[\w/.[\]-]+$/.test(line) ? [line.replace(/^\/+/, '')] : []));

export const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
