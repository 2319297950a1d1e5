// SPDX-License-Identifier: Apache-2.0
import { constants } from 'node:fs';
import { access, lstat } from 'node:fs/promises';

/** Whether anything has the name, a link to nothing included. */
export const exists = (path: string): Promise<boolean> => isDone(lstat(path));

/** Whether the user may execute it; true for directories that may be entered. */
export const isExecutable = (path: string): Promise<boolean> => isDone(access(path, constants.X_OK));

const isDone = (asked: Promise<unknown>): Promise<boolean> =>
  asked.then(
    () => true,
    () => false,
  );
