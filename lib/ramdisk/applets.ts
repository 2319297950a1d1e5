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
    .map((applet) => ({ kind: 'link', path: realPlace(reader, `/${applet}`), text: busybox }) as const);
}

/** The words of `busybox --list-full`. */
export const appletsIn = (printed: string): readonly string[] =>
  printed.split('\n').flatMap((line) => (/^[\w/.[\]-]+$/.test(line) ? [line.replace(/^\/+/, '')] : []));

export const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
