// SPDX-License-Identifier: Apache-2.0
import { lchown, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostPath } from '../../model/brands.ts';
import type { Owner, WorkerContext } from '../context.ts';

/** Gives a file, or a directory with all that is in it, to whom the outputs are for. */
export async function ownOutput({ owner }: Pick<WorkerContext, 'owner'>, path: HostPath): Promise<void> {
  if (owner === null) return;
  await lchown(path, owner.uid, owner.gid);
  const entries = await readdir(path, { recursive: true }).catch(() => []);
  for (const entry of entries) await lchown(join(path, entry), owner.uid, owner.gid);
}

/** The user who called sudo, when there is one. Source: sudo(8), SUDO_UID and SUDO_GID. */
export function ownerBehindSudo(environment: Readonly<Record<string, string | undefined>>): Owner | null {
  const [uid, gid] = [environment['SUDO_UID'], environment['SUDO_GID']];
  return isId(uid) && isId(gid) ? { uid: Number(uid), gid: Number(gid) } : null;
}

const isId = (text: string | undefined): text is string => text !== undefined && /^\d+$/.test(text);
