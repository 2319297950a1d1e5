// SPDX-License-Identifier: Apache-2.0
import type { HostPath } from '../../model/brands.ts';
import { refuseWhenStopped } from '../context.ts';
import type { WorkerContext } from '../context.ts';
import { runToolQuietly } from '../run-tool-quietly.ts';

export type ToolContext = Pick<WorkerContext, 'host' | 'stop'>;

/** A way in which kernel modules are compressed. */
export type Compression = {
  readonly ending: string;
  /** As kmod calls it where it says what it was built with. */
  readonly kmodName: string;
  /** Replaces files by what they hold. */
  readonly unpack: readonly [string, ...string[]];
};

export const compressions: readonly Compression[] = [
  { ending: '.ko.gz', kmodName: 'ZLIB', unpack: ['gzip', '-d', '-f'] },
  { ending: '.ko.xz', kmodName: 'XZ', unpack: ['xz', '-d', '-f', '-q'] },
  { ending: '.ko.zst', kmodName: 'ZSTD', unpack: ['zstd', '-d', '-f', '-q', '--rm'] },
];

/** What the kmod of this machine was built without: Debian's knows no gzip, older ones no zstd. It takes such files for no modules. */
export async function unknownToKmod(context: ToolContext): Promise<readonly Compression[]> {
  refuseWhenStopped(context);
  const { stdout } = await context.host.run({ argv: ['modinfo', '--version'] });
  return compressions.filter(({ kmodName }) => stdout.split(/\s+/).includes(`-${kmodName}`));
}

export const isOfKind = (file: string, kinds: readonly Compression[]): boolean =>
  kinds.some(({ ending }) => file.endsWith(ending));

/** Replaces those of the files that are compressed so by what they hold. @throws BuildFailure */
export async function unpackModules(
  context: ToolContext,
  files: readonly HostPath[],
  kinds: readonly Compression[],
): Promise<void> {
  for (const { ending, unpack } of kinds)
    for (const batch of batchesOf(files.filter((file) => file.endsWith(ending))))
      await runToolQuietly(context, 'unpacking kernel modules', { argv: [...unpack, '--', ...batch] });
}

/** Well below what the kernel takes for the words of a command. */
const LARGEST_BATCH = 100_000;

/** Files for several calls of a program, no call with too many. */
export function batchesOf(files: readonly string[]): readonly (readonly string[])[] {
  const batches: string[][] = [];
  let room = 0;
  for (const file of files) {
    const length = Buffer.byteLength(file) + 1;
    if (length > room) {
      batches.push([]);
      room = LARGEST_BATCH;
    }
    batches.at(-1)?.push(file);
    room -= length;
  }
  return batches;
}
