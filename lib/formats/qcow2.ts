// SPDX-License-Identifier: Apache-2.0
import type { Bytes } from '../model/brands.ts';
import { bytes, KiB, MiB } from '../model/brands.ts';
import type { OutputRecipe } from '../model/plan.ts';
import type { Problem, Result } from '../model/problem.ts';
import { failed, success } from '../model/problem.ts';
import type { OutputFormat, RecipeOptions } from './output-format.ts';
import { convertCommand } from './qemu-converted.ts';
import { qemuOptionsFor, unknownQemuOptions } from './qemu-options.ts';

/**
 * Compressed with zlib by default, which every reader takes. Our own writer makes it on all cores; qemu-img, which
 * compresses on one core unless it may write out of order, makes what the writer has no means for.
 */
export const qcow2: OutputFormat = {
  name: 'qcow2',
  extension: 'qcow2',
  from: 'disk',
  needs: (options) =>
    isOurs(readChoice(options, []))
      ? []
      : [{ program: 'qemu-img', reason: 'writes qcow2 images with the options asked for' }],
  recipe(options): Result<OutputRecipe> {
    const problems = [...unknownQemuOptions('qcow2', options)];
    const choice = readChoice(options, problems);
    return problems.length > 0 ? failed(...problems) : success(recipeFor(choice, options.output.compress));
  },
};

type Choice = {
  readonly version: 2 | 3;
  readonly clusterBytes: Bytes;
  readonly compression: 'zlib' | 'zstd';
  /** Words for `-o` that only qemu-img understands. */
  readonly others: readonly string[];
};

const isOurs = ({ compression, others }: Choice): boolean => compression === 'zlib' && others.length === 0;

function recipeFor(choice: Choice, compress: boolean): OutputRecipe {
  const { version, clusterBytes, compression, others } = choice;
  if (isOurs(choice)) return { kind: 'qcow2', version, clusterBytes, compress };
  const words = [
    `compat=${version === 2 ? '0.10' : '1.1'}`,
    `cluster_size=${clusterBytes}`,
    ...(compression === 'zstd' ? ['compression_type=zstd'] : []),
    ...others,
  ];
  // Without -W, by which clusters are written as they come: the same disk would be other bytes every time.
  const flags = compress ? ['-c', '-m', '16'] : [];
  return { kind: 'command', argv: convertCommand('qcow2', words, flags) };
}

function readChoice(options: RecipeOptions, problems: Problem[]): Choice {
  const given = qemuOptionsFor('qcow2', options);
  const valueOf = (name: string): string | undefined =>
    given.findLast((option) => option.name === name)?.value;
  const version = readVersion(valueOf('compat') ?? '1.1', problems);
  const compression = readCompression(valueOf('compression_type'), options, problems);
  const others = given
    .filter(({ name }) => !['compat', 'cluster_size', 'compression_type'].includes(name))
    .map(({ name, value }) => `${name}=${value}`);
  problems.push(...conflicts(version, compression, options.output.compress, others));
  return {
    version,
    compression,
    others,
    clusterBytes: readClusterSize(valueOf('cluster_size') ?? '65536', problems),
  };
}

function readVersion(compat: string, problems: Problem[]): 2 | 3 {
  if (compat === '0.10' || compat === 'v2') return 2;
  if (compat !== '1.1' && compat !== 'v3') {
    problems.push(mistake(`compat must be 0.10 or 1.1, not ${compat}`));
  }
  return 3;
}

/** An option that was given wins over DIB_QCOW2_COMPRESSION. */
function readCompression(
  given: string | undefined,
  { output }: RecipeOptions,
  problems: Problem[],
): 'zlib' | 'zstd' {
  if (given === undefined) return output.compress ? output.qcow2Compression : 'zlib';
  if (given === 'zlib' || given === 'zstd') return given;
  problems.push(mistake(`compression_type must be zlib or zstd, not ${given}`));
  return 'zlib';
}

function readClusterSize(text: string, problems: Problem[]): Bytes {
  const [, digits = '', unit = ''] = /^(\d+)([kKmM]?)$/.exec(text) ?? [];
  const size = Number(digits) * (unit === '' ? 1 : /k/i.test(unit) ? KiB : MiB);
  if (size >= 512 && size <= 2 * MiB && Number.isInteger(Math.log2(size))) return bytes(size);
  problems.push(mistake(`cluster_size must be a power of two from 512 to 2M, not ${text}`));
  return bytes(64 * KiB);
}

function conflicts(
  version: 2 | 3,
  compression: 'zlib' | 'zstd',
  compress: boolean,
  others: readonly string[],
): readonly Problem[] {
  const found: Problem[] = [];
  if (version === 2 && compression === 'zstd') {
    found.push({
      message: 'a qcow2 image with compat=0.10 cannot be compressed with zstd',
      hints: ['leave out compat=0.10, or use zlib'],
    });
  }
  const preallocation = others.find(
    (word) => word.startsWith('preallocation=') && word !== 'preallocation=off',
  );
  if (compress && preallocation !== undefined) {
    found.push({
      message: `a compressed qcow2 image cannot be made with ${preallocation}`,
      hints: ['add -u for an uncompressed image'],
    });
  }
  return found;
}

const mistake = (message: string): Problem => ({ message: `--qemu-img-options: ${message}` });
