// SPDX-License-Identifier: Apache-2.0
import { didYouMean } from '../model/nearest-name.ts';
import type { Problem } from '../model/problem.ts';
import { failed, success } from '../model/problem.ts';
import type { OutputFormat } from './output-format.ts';

type Compressor = {
  /** Lowest and highest; null: it has none. */
  readonly levels: readonly [number, number] | null;
  /** Null: what mksquashfs takes by itself. */
  readonly usual: number | null;
};

/** Source: mksquashfs(1), compressors available and compressor specific options. */
const compressors: Readonly<Record<string, Compressor>> = {
  gzip: { levels: [1, 9], usual: null },
  lz4: { levels: null, usual: null },
  lzo: { levels: [1, 9], usual: null },
  xz: { levels: null, usual: null },
  /** By itself 15, which takes twenty times as long and saves a tenth. */
  zstd: { levels: [1, 22], usual: 3 },
};

/** zstd unless DIB_SQUASHFS_COMPRESSION says another: xz, as upstream has it, makes smaller images in minutes instead of seconds. */
export const squashfs: OutputFormat = {
  name: 'squashfs',
  extension: 'squash',
  from: 'tree',
  needs: () => [{ program: 'mksquashfs', reason: 'writes squashfs images' }],
  recipe({ environment }) {
    const name = environment['DIB_SQUASHFS_COMPRESSION'] || 'zstd';
    const compressor = Object.hasOwn(compressors, name) ? compressors[name] : undefined;
    if (compressor === undefined) return failed(unknownCompressor(name));
    const given = environment['DIB_SQUASHFS_LEVEL'] ?? '';
    if (given === '') return success({ kind: 'command', argv: command(name, compressor.usual) });
    const level = Number(given);
    const [lowest, highest] = compressor.levels ?? [1, 0];
    return Number.isInteger(level) && level >= lowest && level <= highest
      ? success({ kind: 'command', argv: command(name, level) })
      : failed(wrongLevel(name, given, compressor));
  },
};

function unknownCompressor(name: string): Problem {
  const known = Object.keys(compressors);
  return {
    message: `DIB_SQUASHFS_COMPRESSION: mksquashfs has no compression ${name}`,
    hints: [...didYouMean(name, known), `known: ${known.join(', ')}`],
  };
}

function wrongLevel(name: string, given: string, { levels }: Compressor): Problem {
  if (levels === null) {
    return {
      message: `DIB_SQUASHFS_LEVEL: ${name} has no levels`,
      hints: ['leave it out, or choose another DIB_SQUASHFS_COMPRESSION'],
    };
  }
  return {
    message: `DIB_SQUASHFS_LEVEL must be a number from ${levels.join(' to ')} for ${name}, not ${given}`,
  };
}

const command = (compressor: string, level: number | null): readonly string[] => [
  'mksquashfs',
  '{tree}',
  '{file}',
  '-comp',
  compressor,
  ...(level === null ? [] : ['-Xcompression-level', String(level)]),
  '-noappend',
  '-no-progress',
  '-no-recovery',
  '-wildcards',
  '-e',
  'proc/*',
  'sys/*',
];
