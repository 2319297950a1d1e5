// SPDX-License-Identifier: Apache-2.0
import type { Problem } from '../../model/problem.ts';

/** What somebody wants to build on cannot be built on. The message is for the user. */
export class RefusedBase extends Error {
  override readonly name = 'RefusedBase';
}

/** @param base Its path or name, which the message begins with. */
export const refusedFor = (base: string, problems: readonly Problem[]): RefusedBase =>
  new RefusedBase(
    problems.map(({ message, hints = [] }) => [`${base}: ${message}`, ...hints].join('; ')).join('\n'),
  );
