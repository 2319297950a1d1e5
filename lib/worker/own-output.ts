// SPDX-License-Identifier: Apache-2.0
import { lchown, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostPath } from '../model/brands.ts';

/** Gives a file or directory to the user behind sudo, when there is one. In a user namespace it is the user's already. */
export async function ownOutput(path: HostPath): Promise<void> {
  const owner = outputOwner(process.env);
  if (owner === null || isUserNamespace(await readFile('/proc/self/uid_map', 'utf8'))) return;
  await lchown(path, owner.uid, owner.gid);
  const entries = await readdir(path, { recursive: true }).catch(() => []);
  for (const entry of entries) await lchown(join(path, entry), owner.uid, owner.gid);
}

/** Source: sudo(8), SUDO_UID and SUDO_GID. */
export function outputOwner(
  environment: Readonly<Record<string, string | undefined>>,
): { readonly uid: number; readonly gid: number } | null {
  const [uid, gid] = [environment['SUDO_UID'], environment['SUDO_GID']];
  return isId(uid) && isId(gid) ? { uid: Number(uid), gid: Number(gid) } : null;
}

/** Ids of other namespaces are mapped to others, or not all of them. Source: user_namespaces(7). */
export const isUserNamespace = (uidMap: string): boolean => !/^\s*0\s+0\s+4294967295\s*$/.test(uidMap);

const isId = (text: string | undefined): text is string => text !== undefined && /^\d+$/.test(text);
