// SPDX-License-Identifier: Apache-2.0
import { compareBytes } from '../../model/hook-order.ts';
import type { LintCheck } from '../lint-check.ts';

/** The lists of elements are sorted, so that changes to them are easy to read and merge. */
export const elementdeps: LintCheck = ({ files }) =>
  files.flatMap(({ path, text }) => {
    if (path !== 'element-deps' && path !== 'element-provides') return [];
    const names = (text ?? '')
      .split('\n')
      .map((line, index) => ({ name: line.replace(/#.*/, '').trim(), line: index + 1 }))
      .filter(({ name }) => name !== '');
    const misplaced = names.find(({ name }, index) => compareBytes(names[index - 1]?.name ?? '', name) > 0);
    if (misplaced === undefined) return [];
    const message = `\`${misplaced.name}\` is out of order: sort the lines with LC_ALL=C sort`;
    return [{ path, line: misplaced.line, message }];
  });
