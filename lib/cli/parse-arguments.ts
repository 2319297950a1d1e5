// SPDX-License-Identifier: Apache-2.0
import { Command, Option } from 'commander';
import type { Problem } from '../model/problem.ts';
import { normaliseArguments } from './normalise-arguments.ts';
import type { Setting } from './setting.ts';
import { settings } from './settings.ts';

/** A command line taken apart. */
export type ParsedArguments = {
  /** By the setting's name: what each occurrence of its option was given, in order. */
  readonly given: Readonly<Record<string, readonly string[]>>;
  readonly operands: readonly string[];
  readonly problems: readonly Problem[];
};

export function parseArguments(argv: readonly string[]): ParsedArguments {
  const { words, problems } = normaliseArguments(argv, Object.values(settings));
  const given: Record<string, string[]> = {};
  const command = new Command().helpOption(false).argument('[element...]').exitOverride();
  for (const [name, setting] of Object.entries(settings)) {
    if (setting.flags.length === 0) continue;
    const option = optionOf(setting);
    const record = (value: string | null | undefined): void => {
      (given[name] ??= []).push(value ?? setting.flagText);
    };
    command.addOption(option).on(`option:${option.name()}`, record);
  }
  command.parse(words, { from: 'user' });
  return { given, operands: command.args, problems };
}

function optionOf({ flags, argument }: Setting<unknown>): Option {
  const placeholder =
    argument === null ? '' : argument.isOptional ? ` [${argument.name}]` : ` <${argument.name}>`;
  return new Option(`${flags.join(', ')}${placeholder}`);
}
