// SPDX-License-Identifier: Apache-2.0
import { constants } from 'node:fs';
import { access, lstat } from 'node:fs/promises';

/** Whether anything has the name, a link to nothing included. */
export const exists = (path: string): Promise<boolean> => isDone(lstat(path));

/** Whether the user may execute it; true for directories that may be entered. */
export const isExecutable = (path: string): Promise<boolean> => isDone(access(path, constants.X_OK));

/** For the `catch` of work on a file that need not be there. */
export function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}

const isDone = (asked: Promise<unknown>): Promise<boolean> =>
  asked.then(
    () => true,
    () => false,
  );
