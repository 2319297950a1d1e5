// SPDX-License-Identifier: Apache-2.0
import type { WorkerContext } from '../context.ts';
import { findGzip } from './find-gzip.ts';

/**
 * Words of a recipe as a command: each `{NAME}` becomes what stands for it, `{gzip}` the program that compresses.
 * @throws Error when the recipe has no words.
 */
export async function fillIn(
  context: Pick<WorkerContext, 'host'>,
  words: readonly string[],
  meanings: Readonly<Record<string, string>>,
): Promise<readonly [string, ...string[]]> {
  const gzip = words.some((word) => word.includes('{gzip}')) ? await findGzip(context) : '';
  const all = Object.entries({ gzip, ...meanings });
  const [program, ...rest] = words.map((word) =>
    all.reduce((filled, [name, meaning]) => filled.replaceAll(`{${name}}`, () => meaning), word),
  );
  if (program === undefined) throw new Error('the recipe of an output is empty');
  return [program, ...rest];
}
