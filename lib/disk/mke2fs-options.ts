// SPDX-License-Identifier: Apache-2.0
import { MiB } from '../model/brands.ts';
import type { DiskRequest } from '../model/request.ts';

/** Options of the root file system when its node gives none. Source: dib-contract §2.9. */
export function rootOptions(type: string, request: DiskRequest): readonly string[] {
  const resize = request.maxOnlineResize === null ? [] : ['-E', `resize=${request.maxOnlineResize}`];
  const journal = type === 'ext4' ? ['-i', '4096', '-J', `size=${Math.ceil(request.journalSize / MiB)}`] : [];
  return mergeExtendedOptions([...resize, ...journal, ...request.mkfsOptions]);
}

/** Joins every `-E a` of the words into one at the place of the first, since mke2fs keeps only the last it is given. */
export function mergeExtendedOptions(words: readonly string[]): readonly string[] {
  const extended: string[] = [];
  const others: string[] = [];
  let place: number | null = null;
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? '';
    if (!word.startsWith('-E')) {
      others.push(word);
      continue;
    }
    place ??= others.length;
    extended.push(word === '-E' ? (words[++index] ?? '') : word.slice(2));
  }
  const merged = extended.filter((option) => option !== '').join(',');
  return place === null || merged === '' ? others : others.toSpliced(place, 0, '-E', merged);
}

/** The last value given to a one-letter option, `-i 4096` or `-i4096`; undefined when it is not given. */
export function optionValue(words: readonly string[], letter: string): string | undefined {
  let found: string | undefined;
  words.forEach((word, index) => {
    if (word === `-${letter}`) found = words[index + 1];
    else if (word.startsWith(`-${letter}`)) found = word.slice(2);
  });
  return found;
}
