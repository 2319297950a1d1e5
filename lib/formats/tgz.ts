// SPDX-License-Identifier: Apache-2.0
import { success } from '../model/problem.ts';
import type { OutputFormat, RecipeOptions } from './output-format.ts';
import { tarCommand, tarNeed } from './tar-command.ts';

/** `{gzip}` becomes pigz where there is one: the same format, on all cores. DIB_GZIP_BIN names another program. */
export const tgz: OutputFormat = {
  name: 'tgz',
  extension: 'tgz',
  from: 'tree',
  needs: (options) => [
    tarNeed,
    { program: gzipBinary(options) ?? 'gzip', reason: 'compresses the tgz archive' },
  ],
  recipe(options) {
    const binary = gzipBinary(options);
    const compressor = binary === null ? '{gzip} -9 -n' : `${binary} -9`;
    return success({ kind: 'command', argv: tarCommand(compressor) });
  },
};

function gzipBinary({ environment }: RecipeOptions): string | null {
  const binary = environment['DIB_GZIP_BIN'] ?? '';
  return binary === '' || binary === 'gzip' ? null : binary;
}
