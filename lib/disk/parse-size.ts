// SPDX-License-Identifier: Apache-2.0
import type { Bytes } from '../model/brands.ts';
import { bytes } from '../model/brands.ts';

const units: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  ...Object.fromEntries(['K', 'M', 'G', 'T'].flatMap(unitRows)),
};

function unitRows(letter: string, power: number): readonly (readonly [string, number])[] {
  const decimal = 1000 ** (power + 1);
  return [
    [`${letter}iB`, 1024 ** (power + 1)],
    [`${letter}B`, decimal],
    [letter, decimal],
  ];
}

/**
 * Reads a size of a block-device configuration: `8MiB` (1024s), `5G` or `5GB` (1000s), a plain number of bytes.
 * A unit alone stands for one of it. Null when it is none. Source: dib-contract §2.10.
 */
export function parseSize(value: unknown): Bytes | null {
  if (typeof value === 'number') return Number.isInteger(value) && value >= 0 ? bytes(value) : null;
  if (typeof value !== 'string') return null;
  const match = /^(\d+\.?\d*|\.\d+|) ?([a-zA-Z]*)$/.exec(value.trim());
  const [, digits = '', unit = ''] = match ?? [];
  const factor = Object.hasOwn(units, unit) ? units[unit] : undefined;
  if (match === null || factor === undefined || digits + unit === '') return null;
  return bytes(Math.floor(Number(digits === '' ? '1' : digits) * factor));
}

export type PartitionSize = { readonly bytes: Bytes } | { readonly percentOfFree: number };

/** A size, or a share of the space that is left, as in `40%`. */
export function parsePartitionSize(value: unknown): PartitionSize | null {
  const percent = typeof value === 'string' ? /^(\d+\.?\d*) ?%$/.exec(value.trim())?.[1] : undefined;
  if (percent !== undefined) {
    const percentOfFree = Number(percent);
    return percentOfFree > 0 && percentOfFree <= 100 ? { percentOfFree } : null;
  }
  const size = parseSize(value);
  return size === null || size === 0 ? null : { bytes: size };
}
