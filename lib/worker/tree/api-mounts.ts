// SPDX-License-Identifier: Apache-2.0
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostPath } from '../../model/brands.ts';
import { hostPath } from '../../model/brands.ts';
import type { WorkerContext } from '../context.ts';
import { runTool } from '../context.ts';
import { runToolQuietly } from '../run-tool-quietly.ts';

/** proc, sys, dev and the hooks directory as a tree sees them, made once and bound into each tree. */
export type ApiMounts = {
  readonly proc: HostPath;
  readonly sys: HostPath;
  readonly dev: HostPath;
  readonly hooks: HostPath;
};

/** Devices that exist in every container; each is a bind mount, since a user namespace may not make nodes. */
const deviceNodes = ['null', 'zero', 'full', 'random', 'urandom', 'tty'];

const deviceLinks: Readonly<Record<string, string>> = {
  fd: '/proc/self/fd',
  stdin: '/proc/self/fd/0',
  stdout: '/proc/self/fd/1',
  stderr: '/proc/self/fd/2',
  ptmx: 'pts/ptmx',
};

export async function makeApiMounts(context: WorkerContext): Promise<ApiMounts> {
  const root = join(context.paths.work, 'api');
  const at = (name: string): HostPath => hostPath(join(root, name));
  const mounts: ApiMounts = { proc: at('proc'), sys: at('sys'), dev: at('dev'), hooks: at('hooks') };
  for (const directory of Object.values(mounts)) await mkdir(directory, { recursive: true });
  await mountAll(context, [
    ['proc', mounts.proc, 'proc', 'rw'],
    ['dev', mounts.dev, 'tmpfs', 'mode=755,size=64m'],
    [context.paths.hooks, mounts.hooks, 'none', 'bind,ro'],
  ]);
  await mountSys(context, mounts.sys);
  context.scope.defer('what trees are lent of this machine', () => unmountAll(context, mounts));
  await fillDev(context, mounts.dev);
  return mounts;
}

/** Lines of a file system table: what, where, type, options. */
export type TableLine = readonly [string, string, string, string];

/** One process for all of them, in their order. */
export async function mountAll(context: WorkerContext, lines: readonly TableLine[]): Promise<void> {
  const table = join(context.paths.work, 'mounts');
  await writeFile(table, lines.map((line) => `${line.map(tableWord).join(' ')} 0 0\n`).join(''));
  await runToolQuietly(context, `mounting ${lines.map(([, at]) => at).join(', ')}`, {
    argv: ['mount', '--all', '--fstab', table],
  });
}

/** Source: fstab(5). */
const tableWord = (word: string): string =>
  word.replace(/[\s\\]/g, (sign) => `\\${sign.charCodeAt(0).toString(8).padStart(3, '0')}`);

async function unmountAll({ host }: WorkerContext, mounts: ApiMounts): Promise<void> {
  const result = await host.run({ argv: ['umount', '--lazy', ...Object.values(mounts)] });
  if (result.exitStatus !== 0) throw new Error(result.lastLines.join(' '));
}

type Mounting = Pick<WorkerContext, 'host' | 'report' | 'scope' | 'stop'>;

/**
 * Mounts and, when the scope closes, unmounts.
 * @param words What mount(8) is given.
 * @param cwd What names in them are relative to.
 */
export async function mount(
  context: Mounting,
  words: readonly string[],
  at: string,
  cwd = '/',
): Promise<void> {
  const { host, scope } = context;
  await runTool(context, `mounting ${at}`, { argv: ['mount', ...words], cwd });
  scope.defer(`the mount of ${at}`, async () => {
    const result = await host.run({ argv: ['umount', '--lazy', at] });
    if (result.exitStatus !== 0) throw new Error(result.lastLines.join(' '));
  });
}

/** A user namespace without a network of its own may not mount sysfs: there the host's is bound. */
async function mountSys(context: WorkerContext, at: HostPath): Promise<void> {
  const fresh = await context.host.run({
    argv: ['mount', '-t', 'sysfs', '-o', 'ro,nosuid,nodev,noexec', 'sysfs', at],
  });
  if (fresh.exitStatus === 0) return;
  await runTool(context, `binding ${at}`, { argv: ['mount', '--rbind', '/sys', at] });
  await runTool(context, 'making /sys read-only', { argv: ['mount', '-o', 'remount,bind,ro', at] });
}

async function fillDev(context: WorkerContext, at: HostPath): Promise<void> {
  for (const name of deviceNodes) await writeFile(join(at, name), '');
  for (const name of ['pts', 'shm']) await mkdir(join(at, name));
  for (const [name, target] of Object.entries(deviceLinks)) await symlink(target, join(at, name));
  await mountAll(context, [
    ...deviceNodes.map((name) => [`/dev/${name}`, join(at, name), 'none', 'bind'] as const),
    ['devpts', join(at, 'pts'), 'devpts', 'newinstance,ptmxmode=0666,mode=620,gid=5'],
    ['shm', join(at, 'shm'), 'tmpfs', 'mode=1777'],
  ]);
}
