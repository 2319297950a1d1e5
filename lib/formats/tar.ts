// SPDX-License-Identifier: Apache-2.0
import { success } from '../model/problem.ts';
import type { OutputFormat } from './output-format.ts';
import { tarCommand, tarNeed } from './tar-command.ts';

export const tar: OutputFormat = {
  name: 'tar',
  extension: 'tar',
  from: 'tree',
  needs: () => [tarNeed],
  recipe: () => success({ kind: 'command', argv: tarCommand(null) }),
};
