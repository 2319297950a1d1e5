// SPDX-License-Identifier: Apache-2.0
import { read as readCallback, readSync } from 'node:fs';
import { promisify } from 'node:util';

const read = promisify(readCallback);

/** Smaller pieces are read at once: to wait for each would take longer than reading it. */
const AT_ONCE_BYTES = 256 * 1024;

export type Reading = {
  readonly source: number;
  /** Where in the file, in bytes. */
  readonly at: number;
  /** For the message. */
  readonly path: Buffer;
};

/** Fills the room from an open file. @throws Error when the file ends before. */
export async function readInto(room: Buffer, { source, at, path }: Reading): Promise<void> {
  for (let done = 0; done < room.length;) {
    const length = room.length - done;
    const count =
      length <= AT_ONCE_BYTES
        ? readSync(source, room, done, length, at + done)
        : (await read(source, room, done, length, at + done)).bytesRead;
    if (count === 0) throw new Error(`${path.toString()} became shorter while it was read`);
    done += count;
  }
}
