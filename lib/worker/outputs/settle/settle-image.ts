// SPDX-License-Identifier: Apache-2.0
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import type { HostPath } from '../../../model/brands.ts';
import { checksumsOf } from '../checksums.ts';
import type { Identity } from './identity.ts';
import { identityFrom, noIdentity } from './identity.ts';
import { settleVdi } from './settle-vdi.ts';
import { settleVhd } from './settle-vhd.ts';
import { settleVhdx } from './settle-vhdx.ts';
import { settleVmdk } from './settle-vmdk.ts';

/** By output format. */
const settlers: Readonly<Record<string, (file: FileHandle, identity: Identity) => Promise<void>>> = {
  vdi: settleVdi,
  vhd: settleVhd,
  vhdx: settleVhdx,
  vmdk: settleVmdk,
};

/**
 * Replaces the random identifiers and the time that qemu-img put into an image by what its content makes, so that the
 * same disk becomes the same bytes, and no two different ones have one identifier.
 */
export async function settleImage(format: string, path: HostPath): Promise<void> {
  const settle = settlers[format];
  if (settle === undefined) return;
  const file = await open(path, 'r+');
  try {
    await settle(file, noIdentity);
    const { sha256 = '' } = await checksumsOf(path, ['sha256']);
    await settle(file, identityFrom(sha256));
  } finally {
    await file.close();
  }
}
