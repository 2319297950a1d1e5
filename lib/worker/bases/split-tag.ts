// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';

/** `DIRECTORY[:TAG]`; a directory may have a colon in its name. */
export function splitTag(source: string): { readonly directory: string; readonly tag: string | null } {
  const colon = source.lastIndexOf(':');
  const isWhole = colon <= 0 || source.includes('/', colon) || existsSync(source);
  return isWhole
    ? { directory: source, tag: null }
    : { directory: source.slice(0, colon), tag: source.slice(colon + 1) };
}
