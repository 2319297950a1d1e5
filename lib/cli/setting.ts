// SPDX-License-Identifier: Apache-2.0
import type { Reader } from './readers.ts';

/** The sections of `--help`, in order. */
export const groups = [
  'What to build',
  'Disk',
  'Outputs',
  'Kernel and RAM disk',
  'Speed and storage',
  'Output and debugging',
] as const;
export type Group = (typeof groups)[number];

/** Something the user can set with an option, a variable, or both. An option wins over the variable. */
export type Setting<T> = {
  readonly group: Group;
  /** `-a`, or `--image-size`; several mean the same; none when only the variable exists. */
  readonly flags: readonly string[];
  /** Null for a switch. */
  readonly argument: { readonly name: string; readonly isOptional: boolean } | null;
  /** What an option without an argument stands for, in the words of the variable. */
  readonly flagText: string;
  /** The first that is set counts. */
  readonly variables: readonly string[];
  /** Whether a variable that is set but empty is read; otherwise it counts as not set. */
  readonly readsEmptyVariable: boolean;
  /** Whether hooks see the variable. Those that only steer this program they do not. */
  readonly isForHooks: boolean;
  readonly help: string;
  /** As help shows it; empty: not shown. */
  readonly defaultText: string;
  readonly fallback: T;
  readonly read: Reader<T>;
  /** Left out: the last option wins. Otherwise the variable and every option add up in this way. */
  merge?(before: T, next: T): T;
};

type Optionals = 'flags' | 'flagText' | 'variables' | 'readsEmptyVariable' | 'isForHooks' | 'defaultText';

/** What the table writes: an argument is `NAME` or, when it may be left out, `[NAME]`. */
export type SettingEntry<T> = Omit<Setting<T>, Optionals | 'argument'> &
  Partial<Pick<Setting<T>, Optionals>> & { readonly argument?: string };

export function setting<T>(entry: SettingEntry<T>): Setting<T> {
  return {
    flags: [],
    flagText: '1',
    variables: [],
    readsEmptyVariable: false,
    isForHooks: true,
    defaultText: '',
    ...entry,
    argument: argumentOf(entry.argument),
  };
}

function argumentOf(text: string | undefined): Setting<unknown>['argument'] {
  if (text === undefined) return null;
  const isOptional = text.startsWith('[');
  return { name: isOptional ? text.slice(1, -1) : text, isOptional };
}
