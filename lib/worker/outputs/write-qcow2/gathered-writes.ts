// SPDX-License-Identifier: Apache-2.0
import type { FileHandle } from 'node:fs/promises';

const WRITE_BYTES = 1024 * 1024;

/** Makes large writes of neighbouring small ones, and goes on gathering while one is under way. */
export class GatheredWrites {
  readonly #file: FileHandle;
  #gathering = Buffer.allocUnsafeSlow(WRITE_BYTES);
  #spare = Buffer.allocUnsafeSlow(WRITE_BYTES);
  #start = 0;
  #filled = 0;
  #underWay: Promise<void> = Promise.resolve();

  constructor(file: FileHandle) {
    this.#file = file;
  }

  /** The data may be changed once this has returned. @throws what an earlier write threw, too. */
  async write(offset: number, data: Buffer): Promise<void> {
    if (offset !== this.#start + this.#filled) {
      await this.#begin();
      this.#start = offset;
    }
    for (let done = 0; done < data.length;) {
      if (this.#filled === WRITE_BYTES) await this.#begin();
      const copied = data.copy(this.#gathering, this.#filled, done);
      this.#filled += copied;
      done += copied;
    }
  }

  /** All is in the file afterwards. */
  async flush(): Promise<void> {
    await this.#begin();
    await this.#underWay;
  }

  async #begin(): Promise<void> {
    await this.#underWay;
    this.#underWay = writeFully(this.#file, this.#gathering.subarray(0, this.#filled), this.#start);
    // Thrown where it is next waited for.
    this.#underWay.catch(() => undefined);
    [this.#gathering, this.#spare] = [this.#spare, this.#gathering];
    this.#start += this.#filled;
    this.#filled = 0;
  }
}

async function writeFully(file: FileHandle, data: Buffer, position: number): Promise<void> {
  let written = 0;
  while (written < data.length) {
    const { bytesWritten } = await file.write(data, written, data.length - written, position + written);
    written += bytesWritten;
  }
}
