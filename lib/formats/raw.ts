// SPDX-License-Identifier: Apache-2.0
import { success } from '../model/problem.ts';
import type { OutputFormat } from './output-format.ts';

export const raw: OutputFormat = {
  name: 'raw',
  extension: 'raw',
  from: 'disk',
  needs: () => [],
  recipe: () => success({ kind: 'raw' }),
};
