// SPDX-License-Identifier: Apache-2.0
import type { Failure } from '../model/failure.ts';

/** 1: the build failed; 2: what was asked for, or the machine, does not allow it; 130: interrupted. */
export function exitStatusOf({ kind }: Failure): number {
  if (kind === 'interrupted') return 130;
  return kind === 'input-invalid' ? 2 : 1;
}
