// SPDX-License-Identifier: Apache-2.0
import { bytes, GiB, KiB, MiB } from '../model/brands.ts';
import type { Bytes } from '../model/brands.ts';
import { phaseNames } from '../model/phases.ts';
import { didYouMean } from '../model/nearest-name.ts';
import { splitWords } from './split-words.ts';

/** Makes a value of what the user wrote, or says why there is none. */
export type Reader<T> = (text: string) => Reading<T>;
export type Reading<T> = { readonly value: T } | Refusal;
export type Refusal = {
  /** Follows the name of the option or variable and a colon. */
  readonly refused: string;
  readonly hints: readonly string[];
};

export const text: Reader<string | null> = (given) => ({ value: given === '' ? null : given });

export const name: Reader<string> = (given) =>
  given === '' ? refuse('nothing is given', 'give a name, or leave the option out') : { value: given };

/** Words between commas or blanks. */
export const list: Reader<readonly string[]> = (given) => ({
  value: given.split(/[\s,]+/).filter((word) => word !== ''),
});

export const words: Reader<readonly string[]> = (given) => {
  const split = splitWords(given);
  return split === null
    ? refuse(`${quote(given)} has a quotation mark that is never closed`, 'close it, or put a \\ before it')
    : { value: split };
};

/** Everything that scripts in the wild set for yes and no. */
export const yesOrNo: Reader<boolean> = (given) => {
  const word = given.toLowerCase();
  if (['1', 'true', 'yes', 'on'].includes(word)) return { value: true };
  if (['', '0', 'false', 'no', 'off'].includes(word)) return { value: false };
  return refuse(`${quote(given)} is neither yes nor no`, 'give 1 or 0');
};

export const count: Reader<number> = (given) =>
  /^\d{1,3}$/.test(given)
    ? { value: Number(given) }
    : refuse(`${quote(given)} is not a whole number`, 'give 0, 1, 2 …');

export const positiveInteger: Reader<number | null> = (given) =>
  /^0*[1-9]\d{0,14}$/.test(given)
    ? { value: Number(given) }
    : refuse(`${quote(given)} is not a whole number above 0`, 'give it in digits, as in 1000000');

/** In GiB, which dib calls GB; less than a KiB is cut off, as dib does. */
export const gigabytes: Reader<Bytes | null> = (given) => size(given, { unit: 'GB', bytesEach: GiB });

/** In MiB, which dib calls MB. */
export const megabytes: Reader<Bytes | null> = (given) => size(given, { unit: 'MB', bytesEach: MiB });

/** Like `megabytes` where there must be a size. */
export const wholeMegabytes: Reader<Bytes> = (given) =>
  /^0*[1-9]\d{0,8}$/.test(given)
    ? { value: bytes(Number(given) * MiB) }
    : refuse(`${quote(given)} is not a size in MB`, 'give a whole number of MB, as in 64');

/** Like `gigabytes` where nothing at all is allowed too. */
export const gigabytesOrNone: Reader<Bytes> = (given) => {
  if (/^0+(\.0*)?$/.test(given)) return { value: bytes(0) };
  const reading = gigabytes(given);
  return 'refused' in reading ? reading : { value: reading.value ?? bytes(0) };
};

/** Seconds, or a number with s, m, h, d or w behind it. Null for 0, which sets no limit. */
export const duration: Reader<number | null> = (given) => {
  const found = /^(\d{1,9})\s*([smhdw]?)$/.exec(given.trim().toLowerCase());
  if (found === null) {
    return refuse(
      `${quote(given)} is not a length of time`,
      'give seconds, or a number and s, m, h, d or w, as in 12h',
    );
  }
  const each = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }[found[2] ?? ''] ?? 1;
  return { value: Number(found[1]) * each || null };
};

/** One of a few words; `meanings` maps further spellings to them. */
export function oneOf<Name extends string>(
  names: readonly Name[],
  meanings: Readonly<Record<string, Name>> = {},
): Reader<Name> {
  return (given) => {
    const value = names.find((known) => known === given) ?? meanings[given];
    if (value !== undefined) return { value };
    return refuse(`${quote(given)} is not one of ${names.join(', ')}`, ...didYouMean(given, names));
  };
}

/** `0`, `1` for both, or names between commas, as DIB_CHECKSUM takes them. */
export const checksums: Reader<readonly Checksum[]> = (given) => {
  const all = yesOrNo(given);
  if ('value' in all) return { value: all.value ? [...checksumNames] : [] };
  const wanted = given.split(/[\s,]+/).filter((word) => word !== '');
  const unknown = wanted.filter((word) => !checksumNames.some((known) => known === word));
  if (unknown.length > 0) {
    const hints = unknown.flatMap((word) => didYouMean(word, checksumNames));
    return refuse(
      `${unknown.map(quote).join(', ')} is no kind of checksum`,
      ...hints,
      'give md5, sha256, or 1 for both',
    );
  }
  return { value: checksumNames.filter((known) => wanted.includes(known)) };
};

/** `before-PHASE`, `after-PHASE`, the phase with or without its `.d`, and `after-error`; all come back with `.d`. */
export const breakpoints: Reader<readonly string[]> = (given) => {
  const wanted = given.split(/[\s,]+/).filter((word) => word !== '');
  const unknown = wanted.filter((word) => !breakpointNames.includes(word.replace(/\.d$/, '')));
  if (unknown.length > 0) {
    const hints = unknown.flatMap((word) => didYouMean(word, breakpointNames));
    const shape = 'give before-PHASE, after-PHASE or after-error, with commas between';
    return refuse(`${unknown.map(quote).join(', ')} is no point of a build`, ...hints, shape);
  }
  return { value: wanted.map((word) => (word === 'after-error' ? word : `${word.replace(/\.d$/, '')}.d`)) };
};

const breakpointNames: readonly string[] = phaseNames
  .map((phase) => phase.replace(/\.d$/, ''))
  .flatMap((phase) => [`before-${phase}`, `after-${phase}`])
  .concat('after-error');

const checksumNames = ['md5', 'sha256'] as const;
type Checksum = (typeof checksumNames)[number];

export function refuse(refused: string, ...hints: readonly string[]): Refusal {
  return { refused, hints };
}

export const quote = (given: string): string => `"${given}"`;

function size(
  given: string,
  { unit, bytesEach }: { unit: string; bytesEach: number },
): Reading<Bytes | null> {
  const kibibytes = /^(\d{1,9}(\.\d*)?|\.\d+)$/.test(given)
    ? Math.floor((Number(given) * bytesEach) / KiB)
    : 0;
  if (kibibytes > 0) return { value: bytes(kibibytes * KiB) };
  return refuse(
    `${quote(given)} is not a size in ${unit}`,
    `give a number of ${unit} above 0, as in 3 or 2.5`,
  );
}
