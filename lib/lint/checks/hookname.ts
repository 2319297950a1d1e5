// SPDX-License-Identifier: Apache-2.0
import { basename } from 'node:path';
import { defaultHookNames } from '../../model/hook-order.ts';
import type { LintCheck } from '../lint-check.ts';

/** Hooks have names that dib-run-parts takes. */
export const hookname: LintCheck = ({ files }) =>
  files.flatMap(({ path, role }) =>
    role !== 'hook' || new RegExp(defaultHookNames).test(basename(path))
      ? []
      : [{ path, line: 1, message: 'does not run: names of hooks hold letters, digits, - and _ only' }],
  );
