// SPDX-License-Identifier: Apache-2.0
import type { FileHandle } from 'node:fs/promises';
import type { Identity } from './identity.ts';

/** The image's UUID and, behind it, that of its last snapshot. Source: QEMU's block/vdi.c, the header. */
const SIGNATURE_AT = 0x40;
const SIGNATURE = 0xbeda107f;
const UUIDS_AT = 0x188;

/** Gives a VDI image its identity. */
export async function settleVdi(file: FileHandle, identity: Identity): Promise<void> {
  const signature = Buffer.alloc(4);
  await file.read(signature, 0, 4, SIGNATURE_AT);
  if (signature.readUInt32LE(0) !== SIGNATURE) return;
  await file.write(Buffer.concat([identity('image', 16), identity('snapshot', 16)]), 0, 32, UUIDS_AT);
}
