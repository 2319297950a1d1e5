// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { arch as nodeArch, availableParallelism, totalmem, userInfo } from 'node:os';
import { join } from 'node:path';
import { isExecutable } from './file-checks.ts';
import { hostPath } from '../model/brands.ts';
import type { HostPath } from '../model/brands.ts';

/** What the host is, as plain data. No process is started to learn it. */
export type HostFacts = {
  /** As Debian names it: amd64, arm64, armhf … */
  readonly arch: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly user: { readonly uid: number; readonly name: string };
  /** The directories of PATH. */
  readonly programPath: readonly string[];
  /** Whether /etc/subuid and /etc/subgid both give the user a range. */
  readonly hasSubordinateIds: boolean;
};

export async function gatherFacts(programPath: string): Promise<HostFacts> {
  const { uid, username: name } = userInfo();
  return {
    arch: debianArch(nodeArch()),
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    user: { uid, name },
    programPath: programPath.split(':').filter((directory) => directory !== ''),
    hasSubordinateIds:
      (await givesRange('/etc/subuid', { uid, name })) && (await givesRange('/etc/subgid', { uid, name })),
  };
}

/** The first executable of the name on PATH or in the directories that hold system tools; null when there is none. */
export async function findProgram(
  name: string,
  facts: Pick<HostFacts, 'programPath'>,
): Promise<HostPath | null> {
  if (name.includes('/')) return (await isExecutable(name)) ? hostPath(name) : null;
  for (const directory of [...facts.programPath, ...systemDirectories]) {
    const path = join(directory, name);
    if (await isExecutable(path)) return hostPath(path);
  }
  return null;
}

/** Debian keeps file-system tools where an ordinary user's PATH does not look. */
export const systemDirectories: readonly string[] = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** Node's names for processors, in Debian's words. */
function debianArch(name: string): string {
  const names: Readonly<Record<string, string>> = {
    x64: 'amd64',
    arm: 'armhf',
    ia32: 'i386',
    ppc64: 'ppc64el',
  };
  return names[name] ?? name;
}

async function givesRange(file: string, user: HostFacts['user']): Promise<boolean> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.split('\n').some((line) => {
    const [owner, , count] = line.split(':');
    return (owner === user.name || owner === String(user.uid)) && Number(count) >= 65536;
  });
}
