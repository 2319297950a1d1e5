// SPDX-License-Identifier: Apache-2.0
import { closeSync, openSync, writeSync } from 'node:fs';
import { failed, success } from '../model/problem.ts';
import type { Result } from '../model/problem.ts';

/** The file of `--profile`. */
export type ProfileFile = {
  /** @param entry One object, JSON text. */
  readonly append: (entry: string) => void;
  readonly close: () => void;
};

const head = '{"displayTimeUnit":"ms","traceEvents":[\n';
const tail = '\n]}\n';

/**
 * Begins a file anew. After each entry it is whole: the end is written with it, and written over by the next one, so
 * that the file of a build that was killed can be read, too.
 */
export function openProfile(path: string): Result<ProfileFile> {
  try {
    const descriptor = openSync(path, 'w');
    let length = writeSync(descriptor, head);
    let separator = '';
    writeSync(descriptor, tail, length);
    return success({
      append: (entry) => {
        const text = `${separator}${entry}`;
        separator = ',\n';
        writeSync(descriptor, `${text}${tail}`, length);
        length += Buffer.byteLength(text);
      },
      close: () => closeSync(descriptor),
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return failed({ message: `--profile: cannot write ${path}: ${reason}` });
  }
}
