// SPDX-License-Identifier: Apache-2.0
import { nearestNames } from '../model/nearest-name.ts';
import type { Problem } from '../model/problem.ts';
import type { LocatedValue, NodePath } from '../yaml/located-yaml.ts';
import { problemAt } from '../yaml/located-yaml.ts';

/** One node of a block-device configuration after nested nodes were taken out: graph form. */
export type ConfigEntry = {
  /** `mkfs`, `mount` … */
  readonly plugin: string;
  /** Its own keys; `name` and `base` are filled in where nesting gives them. */
  readonly values: Readonly<Record<string, unknown>>;
  readonly document: LocatedValue;
  readonly path: NodePath;
};

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A problem at a key of the entry, or at the entry itself. */
export function entryProblem(
  entry: ConfigEntry,
  keys: readonly (string | number)[],
  message: string,
  ...hints: readonly string[]
): Problem {
  const problem = hints.length === 0 ? { message } : { message, hints };
  return problemAt(entry.document, [...entry.path, ...keys], problem);
}

/** Text of a required key; numbers count as their digits. Pushes a problem and gives '' when it is missing. */
export function requiredText(entry: ConfigEntry, key: string, problems: Problem[]): string {
  const value = optionalText(entry, key, problems);
  if (value !== null) return value;
  if (entry.values[key] == null) problems.push(entryProblem(entry, [], `${entry.plugin} needs \`${key}\``));
  return '';
}

export function optionalText(entry: ConfigEntry, key: string, problems: Problem[]): string | null {
  const value = entry.values[key];
  if (value == null) return null;
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string' && value !== '') return value;
  problems.push(entryProblem(entry, [key], `\`${key}\` of ${entry.plugin} must be text`));
  return null;
}

/** Words of a key: a list, or text split at blanks. */
export function optionalWords(
  entry: ConfigEntry,
  key: string,
  problems: Problem[],
): readonly string[] | null {
  const value = entry.values[key];
  if (value == null) return null;
  if (typeof value === 'string') return value.split(/\s+/).filter((word) => word !== '');
  if (Array.isArray(value) && value.every((word) => typeof word === 'string' || typeof word === 'number')) {
    return value.map(String);
  }
  problems.push(entryProblem(entry, [key], `\`${key}\` of ${entry.plugin} must be text or a list of words`));
  return null;
}

/** Items of a list of maps, each as an entry of its own so that problems stand at the item and call it `called`. */
export function listedEntries(
  entry: ConfigEntry,
  { key, called }: { readonly key: string; readonly called: string },
  problems: Problem[],
): readonly ConfigEntry[] {
  const value = entry.values[key] ?? [];
  if (!Array.isArray(value)) {
    problems.push(entryProblem(entry, [key], `\`${key}\` of ${entry.plugin} must be a list`));
    return [];
  }
  return value.flatMap((item: unknown, index) => {
    const path = [...entry.path, key, index];
    if (isRecord(item)) return [{ ...entry, plugin: called, values: item, path }];
    problems.push(entryProblem(entry, [key, index], `an item of \`${key}\` must be a map of keys`));
    return [];
  });
}

/**
 * Keys that look like slips of known ones. Others are left alone, as upstream does: they may be meant for
 * a newer version or for people.
 */
export function misspeltKeys(entry: ConfigEntry, known: readonly string[]): readonly Problem[] {
  return Object.keys(entry.values)
    .filter((key) => !known.includes(key))
    .flatMap((key) => {
      const near = nearestNames(key, known);
      if (near.length === 0) return [];
      const message = `${entry.plugin} has no key \`${key}\``;
      return [entryProblem(entry, [key], message, `did you mean ${near.join(' or ')}?`)];
    });
}
