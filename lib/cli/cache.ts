// SPDX-License-Identifier: Apache-2.0
import { collectGarbage } from '../host/collect-garbage.ts';
import { realHost } from '../host/real-host.ts';
import type { Bytes } from '../model/brands.ts';
import { bytes } from '../model/brands.ts';
import { explain } from './cache-explain.ts';
import { list } from './cache-ls.ts';
import { verify } from './cache-verify.ts';
import { complain, describeRemoved, ownStore } from './own-store.ts';
import type { Reading } from './readers.ts';
import { gigabytesOrNone } from './readers.ts';
import type { AddSubcommand } from './subcommand.ts';
import type { Surroundings } from './surroundings.ts';

/** `diskimage-builder cache ls|prune|verify|explain`: the stored layers of the user who calls. */
export const addCache: AddSubcommand = (program, surroundings, finish) => {
  const cache = program
    .command('cache')
    .description('list, remove and check stored layers; explain why a hook ran again')
    .helpCommand(false);
  cache
    .command('ls')
    .summary('list stored layers: size, last use, age, builds, step')
    .description(
      'Lists the stored layers, the one used longest ago first: size, last use, age, how many of the last builds use it, step.',
    )
    .option('--json', 'print them as JSON')
    .action(async ({ json = false }: { readonly json?: boolean }) => finish(await list(surroundings, json)));
  cache
    .command('prune')
    .summary('remove those used longest ago')
    .description('Removes the layers used longest ago, and those that nothing leads to any more.')
    .option('--max-size <GB>', 'what may stay; 0: nothing, which is meant when no option is given')
    .option('--older-than <DAYS>', 'remove what was not used for so long')
    .action(async (options: PruneOptions) => finish(await prune(surroundings, options)));
  cache
    .command('verify')
    .summary('check that every layer is as it was made')
    .description(
      'Checks that every layer is as it was made: its files and what they are against a list from then, their bytes against digests ' +
        'from the first time they were verified. Exit status 1 when one is damaged.',
    )
    .option('--remove', 'remove damaged layers, and those made on them: the next build makes them anew')
    .action(async ({ remove = false }: { readonly remove?: boolean }) =>
      finish(await verify(surroundings, remove)),
    );
  cache
    .command('explain')
    .summary('say which input made a key differ between two builds')
    .description(
      'Says of two builds which input made the first key differ, and what followed. Without BUILD it compares the last two of the ' +
        'image built last.',
    )
    .argument('[BUILD...]', 'one build, to compare it with the last one of its name, or two: see --list')
    .option('--list', 'list the builds that are remembered')
    .action(async (builds: readonly string[], { list: isList = false }: { readonly list?: boolean }) =>
      finish(await explain(surroundings, isList ? 'list' : builds)),
    );
};

type PruneOptions = { readonly maxSize?: string; readonly olderThan?: string };

async function prune(surroundings: Surroundings, options: PruneOptions): Promise<number> {
  const terms = pruneTerms(options);
  if ('refused' in terms) return complain(surroundings, terms.refused, 2);
  const { cacheDirectory, kind } = ownStore(surroundings.environment);
  const collected = await collectGarbage(realHost, { task: 'collect', cacheDirectory, kind, ...terms });
  if (!collected.done) return complain(surroundings, `nothing was removed: ${collected.why}`, 1);
  surroundings.write(`removed ${describeRemoved(collected)}\n`);
  return 0;
}

type PruneTerms = { readonly limitBytes: Bytes | null; readonly usedSince: number };

/** An age alone leaves all that is younger. */
function pruneTerms({ maxSize, olderThan }: PruneOptions): PruneTerms | { readonly refused: string } {
  const size: Reading<Bytes | null> =
    maxSize === undefined || maxSize === '0'
      ? { value: maxSize === undefined && olderThan !== undefined ? null : bytes(0) }
      : gigabytesOrNone(maxSize);
  if ('refused' in size) return { refused: `--max-size: ${size.refused}` };
  if (olderThan === undefined) return { limitBytes: size.value, usedSince: 0 };
  if (!/^\d{1,5}(\.\d+)?$/.test(olderThan))
    return { refused: `--older-than: "${olderThan}" is no number of days` };
  return { limitBytes: size.value, usedSince: Date.now() - Number(olderThan) * DAY_MILLISECONDS };
}

const DAY_MILLISECONDS = 24 * 60 * 60 * 1000;
