// SPDX-License-Identifier: Apache-2.0
import { deflateRaw } from 'node:zlib';

/** Readers decompress raw deflate with a window of 4 KiB. Source: QEMU's interop/qcow2, compressed clusters. */
const WINDOW_BITS = 12;

/** The compressed bytes, or null when they are not fewer. Runs on a thread of libuv's pool. */
export function compressCluster(data: Buffer): Promise<Buffer | null> {
  const options = { windowBits: WINDOW_BITS, memLevel: 9, level: 6, chunkSize: data.length + 1024 };
  return new Promise((resolve, reject) => {
    deflateRaw(data, options, (error, compressed) => {
      if (error === null) resolve(compressed.length < data.length ? compressed : null);
      else reject(error);
    });
  });
}
