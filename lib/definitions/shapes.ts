// SPDX-License-Identifier: Apache-2.0
import { didYouMean } from '../model/nearest-name.ts';
import type { NodePath } from '../yaml/located-yaml.ts';

/** What a property of an image may hold, and what two entries about it come to. */
export type Shape<T> = {
  /** @returns null when it was told what is wrong. */
  read(value: unknown, tell: Tell): T | null;
  merge(before: T, next: T): T;
};

/** Says what is wrong with a part of the value; the path leads there from the value itself. */
export type Tell = (path: NodePath, wrong: string, ...hints: readonly string[]) => void;

const replaced = <T>(_: T, next: T): T => next;

export const text: Shape<string> = {
  read: (value, tell) => readText(value, [], tell),
  merge: replaced,
};

export const yesOrNo: Shape<boolean> = {
  read: (value, tell) => {
    if (typeof value === 'boolean') return value;
    tell([], `${describeValue(value)} is neither true nor false`);
    return null;
  },
  merge: replaced,
};

export const oneOf = (names: readonly string[]): Shape<string> => ({
  read: (value, tell) => readChoice(value, { names, path: [] }, tell),
  merge: replaced,
});

/** @param most Infinity: no limit. */
export const wholeNumber = (least: number, most = Infinity): Shape<number> => ({
  read: (value, tell) => {
    if (Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most) return Number(value);
    const range = most === Infinity ? `of at least ${least}` : `from ${least} to ${most}`;
    tell([], `${describeValue(value)} is not a whole number ${range}`);
    return null;
  },
  merge: replaced,
});

export const numberAboveNone: Shape<number> = {
  read: (value, tell) => {
    if (typeof value === 'number' && Number.isFinite(value) && value > 0) return value;
    tell([], `${describeValue(value)} is not a number above 0`);
    return null;
  },
  merge: replaced,
};

/** Entries about the same image add up. @param names Null: any text will do. */
export const list = (names: readonly string[] | null): Shape<readonly string[]> => ({
  read: (value, tell) => {
    if (!Array.isArray(value)) {
      tell([], `${describeValue(value)} is not a list`, 'write each on a line of its own, as in "- name"');
      return null;
    }
    const items = value.map((item: unknown, index) =>
      names === null ? readText(item, [index], tell) : readChoice(item, { names, path: [index] }, tell),
    );
    return items.every((item) => item !== null) ? items : null;
  },
  merge: (before, next) => [...before, ...next],
});

/** Entries about the same image add up, name by name. */
export const textByName: Shape<Readonly<Record<string, string>>> = {
  read: (value, tell) => {
    if (!isMap(value)) {
      tell(
        [],
        `${describeValue(value)} is not a map`,
        'write each on a line of its own, as in "NAME: value"',
      );
      return null;
    }
    const pairs = Object.entries(value).map(([name, item]) => [name, readText(item, [name], tell)] as const);
    const texts = pairs.filter((pair): pair is [string, string] => pair[1] !== null);
    return texts.length === pairs.length ? Object.fromEntries(texts) : null;
  },
  merge: (before, next) => ({ ...before, ...next }),
};

export const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** YAML makes numbers of much that is none (0755, 1.10), so nothing is taken for text that was not read as such. */
function readText(value: unknown, path: NodePath, tell: Tell): string | null {
  if (typeof value === 'string') return value;
  const isPlain = typeof value === 'number' || typeof value === 'boolean' || value === null;
  tell(
    path,
    `${describeValue(value)} is not text`,
    ...(isPlain ? ['put what is meant in quotation marks'] : []),
  );
  return null;
}

function readChoice(
  value: unknown,
  { names, path }: { readonly names: readonly string[]; readonly path: NodePath },
  tell: Tell,
): string | null {
  const known = names.find((name) => name === value);
  if (known !== undefined) return known;
  const near = typeof value === 'string' ? didYouMean(value, names) : [];
  tell(path, `${describeValue(value)} is not one of ${names.join(', ')}`, ...near);
  return null;
}

/** A value as its writer would recognise it. */
export function describeValue(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  return typeof value === 'string' ? `"${value}"` : JSON.stringify(value);
}
