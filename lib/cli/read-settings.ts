// SPDX-License-Identifier: Apache-2.0
import type { Problem } from '../model/problem.ts';
import type { Setting } from './setting.ts';
import { settings } from './settings.ts';
import type { SettingName, SettingValues } from './settings.ts';

export type Variables = Readonly<Record<string, string | undefined>>;

/**
 * The value of every setting, from its options, else its variables, else its default. A bad one is told of and
 * replaced by its default, so that everything else can still be checked.
 */
export function readSettings(
  given: Readonly<Record<string, readonly string[]>>,
  variables: Variables,
): { readonly values: SettingValues; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const read = ([name, setting]: [string, Setting<unknown>]): [string, unknown] => [
    name,
    readSetting(setting, textsFor(setting, given[name] ?? [], variables), problems),
  ];
  const values = Object.fromEntries(Object.entries<Setting<unknown>>(settings).map(read));
  return { values: values as SettingValues, problems };
}

/** The value of one setting, for those that decide where the others are read from; what is wrong is told elsewhere. */
export function peekSetting<Name extends SettingName>(
  name: Name,
  given: Readonly<Record<string, readonly string[]>>,
  variables: Variables,
): SettingValues[Name] {
  const setting: Setting<unknown> = settings[name];
  return readSetting(setting, textsFor(setting, given[name] ?? [], variables), []) as SettingValues[Name];
}

/** What was written for a setting, and the option or variable to name when it is wrong. */
type Source = { readonly from: string; readonly text: string };

function textsFor(
  setting: Setting<unknown>,
  given: readonly string[],
  variables: Variables,
): readonly Source[] {
  const fromVariables = setting.variables
    .map((from) => ({ from, text: variables[from] }))
    .filter((source): source is Source => source.text !== undefined)
    .filter(({ text }) => text !== '' || setting.readsEmptyVariable)
    .slice(0, 1);
  const fromOptions = given.map((text) => ({ from: setting.flags[0] ?? '', text }));
  const all = [...fromVariables, ...fromOptions];
  return setting.merge === undefined ? all.slice(-1) : all;
}

function readSetting(setting: Setting<unknown>, sources: readonly Source[], problems: Problem[]): unknown {
  let value = setting.fallback;
  for (const { from, text } of sources) {
    const reading = setting.read(text);
    if ('refused' in reading) problems.push({ message: `${from}: ${reading.refused}`, hints: reading.hints });
    else value = setting.merge?.(value, reading.value) ?? reading.value;
  }
  return value;
}
