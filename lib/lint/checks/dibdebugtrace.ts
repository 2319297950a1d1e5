// SPDX-License-Identifier: Apache-2.0
import type { LintCheck } from '../lint-check.ts';
import { isBuildScript } from '../lint-file.ts';

/** Hooks show their commands when -x is given; programs may stay in the image and are others' to trace. */
export const dibdebugtrace: LintCheck = ({ files }) =>
  files
    .filter((file) => isBuildScript(file) && file.role === 'hook' && !file.text?.includes('DIB_DEBUG_TRACE'))
    .map(({ path }) => ({
      path,
      line: 1,
      message: 'does not mind DIB_DEBUG_TRACE: add if [ "${DIB_DEBUG_TRACE:-0}" -gt 0 ]; then set -x; fi',
    }));
