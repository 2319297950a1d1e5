// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';

/** Gives each part of an image that has an identity its bytes. */
export type Identity = (part: string, length: number) => Buffer;

/** What stands for an identity that is not known yet. */
export const noIdentity: Identity = (_, length) => Buffer.alloc(length);

/** The same for the same digest; 16 bytes are a UUID, whichever way round its reader takes them. */
export function identityFrom(digest: string): Identity {
  return (part, length) => {
    const bytes = createHash('sha256').update(`${digest}\0${part}`).digest().subarray(0, length);
    if (length !== 16) return bytes;
    for (const at of [6, 7]) bytes[at] = 0x40 | ((bytes[at] ?? 0) & 0x0f);
    bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
    return bytes;
  };
}
