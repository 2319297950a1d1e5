// SPDX-License-Identifier: Apache-2.0
import { success } from '../model/problem.ts';
import type { OutputFormat } from './output-format.ts';
import { tarCommand, tarNeed } from './tar-command.ts';

export const tarZst: OutputFormat = {
  name: 'tar.zst',
  extension: 'tar.zst',
  from: 'tree',
  needs: () => [tarNeed, { program: 'zstd', reason: 'compresses the tar.zst archive' }],
  recipe: () => success({ kind: 'command', argv: tarCommand('zstd -T0 -q') }),
};
