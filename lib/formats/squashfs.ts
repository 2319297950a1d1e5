// SPDX-License-Identifier: Apache-2.0
import { didYouMean } from '../model/nearest-name.ts';
import { failed, success } from '../model/problem.ts';
import type { OutputFormat } from './output-format.ts';

const compressors = ['gzip', 'lz4', 'lzo', 'xz', 'zstd'];

/** xz unless DIB_SQUASHFS_COMPRESSION says another: slow to make, and what readers of these images expect. */
export const squashfs: OutputFormat = {
  name: 'squashfs',
  extension: 'squash',
  from: 'tree',
  needs: () => [{ program: 'mksquashfs', reason: 'writes squashfs images' }],
  recipe({ environment }) {
    const given = environment['DIB_SQUASHFS_COMPRESSION'] ?? '';
    const compressor = given === '' ? 'xz' : given;
    if (!compressors.includes(compressor)) {
      const message = `DIB_SQUASHFS_COMPRESSION: mksquashfs has no compression ${compressor}`;
      return failed({
        message,
        hints: [...didYouMean(compressor, compressors), `known: ${compressors.join(', ')}`],
      });
    }
    return success({ kind: 'command', argv: command(compressor) });
  },
};

const command = (compressor: string): readonly string[] => [
  'mksquashfs',
  '{tree}',
  '{file}',
  '-comp',
  compressor,
  '-noappend',
  '-no-progress',
  '-no-recovery',
  '-wildcards',
  '-e',
  'proc/*',
  'sys/*',
];
