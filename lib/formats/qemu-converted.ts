// SPDX-License-Identifier: Apache-2.0
import type { OutputRecipe } from '../model/plan.ts';
import type { Result } from '../model/problem.ts';
import { failed, success } from '../model/problem.ts';
import type { OutputFormat, RecipeOptions } from './output-format.ts';
import { qemuOptionsFor, unknownQemuOptions } from './qemu-options.ts';

type Conversion = {
  readonly name: string;
  /** What qemu-img calls the format. */
  readonly driver: string;
  /** Options given unless the user gave others of the name. */
  readonly defaults: Readonly<Record<string, string>>;
};

/** A format that qemu-img writes without choices of ours. */
export function qemuConverted({ name, driver, defaults }: Conversion): OutputFormat {
  return {
    name,
    extension: name,
    from: 'disk',
    needs: () => [{ program: 'qemu-img', reason: `writes ${name} images` }],
    recipe(options): Result<OutputRecipe> {
      const problems = unknownQemuOptions(name, options);
      if (problems.length > 0) return failed(...problems);
      const argv = convertCommand(driver, withDefaults(name, defaults, options), []);
      return success({ kind: 'command', argv });
    },
  };
}

/** @param options `k=v` words for `-o`. @param flags Words before the formats, as `-c`. */
export function convertCommand(
  driver: string,
  options: readonly string[],
  flags: readonly string[],
): readonly string[] {
  const chosen = options.length === 0 ? [] : ['-o', options.join(',')];
  return ['qemu-img', 'convert', ...flags, '-f', 'raw', '-O', driver, ...chosen, '{disk}', '{file}'];
}

function withDefaults(
  name: string,
  defaults: Conversion['defaults'],
  options: RecipeOptions,
): readonly string[] {
  const given = qemuOptionsFor(name, options).map((option) => [option.name, option.value] as const);
  return Object.entries({ ...defaults, ...Object.fromEntries(given) }).map(
    ([key, value]) => `${key}=${value}`,
  );
}
