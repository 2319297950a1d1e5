// SPDX-License-Identifier: Apache-2.0
import { didYouMean } from '../model/nearest-name.ts';
import type { HostNeed, RamdiskPacking } from '../model/plan.ts';
import type { Problem, Result } from '../model/problem.ts';
import { failed, success } from '../model/problem.ts';
import type { OutputFormat, RecipeOptions } from './output-format.ts';

/** A RAM disk, as a kernel unpacks it: newc cpio, compressed as DIB_RAMDISK_COMPRESSION says. */
export const initramfs: OutputFormat = {
  name: 'initramfs',
  extension: 'initramfs',
  from: 'tree',
  fileName: ({ ramdisk }) => ramdisk.fileName,
  needs: (options) => [...toolNeeds, ...packingNeeds(options)],
  recipe(options) {
    const packing = packingFrom(options);
    return packing.ok
      ? success({ kind: 'initramfs', packing: packing.value, source: sourceOf(options) })
      : packing;
  },
};

/** What the recipe says of a kernel, too. */
export function sourceOf({ ramdisk }: RecipeOptions): Omit<RecipeOptions['ramdisk'], 'fileName'> {
  const { isHost, kernelVersion, moduleRoot, udevRoot, busybox } = ramdisk;
  return { isHost, kernelVersion, moduleRoot, udevRoot, busybox };
}

const toolNeeds: readonly HostNeed[] = [
  { program: 'modinfo', reason: 'reads which firmware kernel modules ask for' },
  { program: 'depmod', reason: 'writes the index of kernel modules' },
];

type Compressor = {
  /** Lowest, usual and highest. */
  readonly levels: readonly [number, number, number];
  readonly argv: (level: number) => readonly string[];
};

/**
 * What kernels unpack. `{gzip}` is pigz where there is one.
 * Source: the kernel's lib/decompress.c; xz(1), lz4(1) on what embedded decoders read.
 */
const compressors: Readonly<Record<string, Compressor>> = {
  gzip: {
    levels: [1, 6, 9],
    argv: (level) => ['{gzip}', '-n', '-f', `-${level}`, '-S', '.packed', '{from}'],
  },
  zstd: {
    levels: [1, 9, 19],
    argv: (level) => ['zstd', '-T0', '-q', '-f', `-${level}`, '{from}', '-o', '{to}'],
  },
  xz: {
    levels: [0, 6, 9],
    argv: (level) => ['xz', '-T0', '-f', '--check=crc32', `-${level}`, '-S', '.packed', '{from}'],
  },
  lz4: { levels: [1, 9, 12], argv: (level) => ['lz4', '-l', '-q', '-f', `-${level}`, '{from}', '{to}'] },
};

function packingFrom({ environment }: RecipeOptions): Result<RamdiskPacking> {
  const given = environment['DIB_RAMDISK_COMPRESSION'] || 'gzip';
  if (given === 'none') return success({ name: 'none', argv: null });
  const [name = '', level = ''] = given.split(':');
  const compressor = Object.hasOwn(compressors, name) ? compressors[name] : undefined;
  if (compressor === undefined) return failed(unknownCompressor(name));
  const [lowest, usual, highest] = compressor.levels;
  const wanted = level === '' ? usual : Number(level);
  const isLevel = Number.isInteger(wanted) && wanted >= lowest && wanted <= highest;
  if (!isLevel || given.split(':').length > 2) {
    const message = `DIB_RAMDISK_COMPRESSION: ${name} has the levels ${lowest} to ${highest}, not ${given.slice(name.length + 1)}`;
    return failed({ message, hints: [`write it as ${name}:${usual}`] });
  }
  return success({ name, argv: compressor.argv(wanted) });
}

function unknownCompressor(name: string): Problem {
  const known = [...Object.keys(compressors), 'none'];
  return {
    message: `DIB_RAMDISK_COMPRESSION: no RAM disk is compressed by ${name}`,
    hints: [...didYouMean(name, known), `known: ${known.join(', ')}; a level may follow, as in zstd:19`],
  };
}

function packingNeeds(options: RecipeOptions): readonly HostNeed[] {
  const packing = packingFrom(options);
  if (!packing.ok || packing.value.argv === null) return [];
  return [{ program: packing.value.name, reason: 'compresses the RAM disk' }];
}
