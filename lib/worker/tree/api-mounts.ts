// SPDX-License-Identifier: Apache-2.0
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostPath } from '../../model/brands.ts';
import { hostPath } from '../../model/brands.ts';
import type { WorkerContext } from '../context.ts';
import { runTool } from '../context.ts';

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
  await mount(context, ['-t', 'proc', 'proc', mounts.proc], mounts.proc);
  await mountSys(context, mounts.sys);
  await makeDev(context, mounts.dev);
  await mount(context, ['--bind', '-o', 'ro', context.paths.hooks, mounts.hooks], mounts.hooks);
  return mounts;
}

type Mounting = Pick<WorkerContext, 'host' | 'report' | 'scope' | 'stop'>;

/** Mounts and, when the scope closes, unmounts. @param words What mount(8) is given. */
export async function mount(context: Mounting, words: readonly string[], at: string): Promise<void> {
  await runTool(context, `mounting ${at}`, { argv: ['mount', ...words] });
  unmountWithScope(context, at);
}

function unmountWithScope({ host, scope }: Mounting, at: string): void {
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
  if (fresh.exitStatus === 0) {
    unmountWithScope(context, at);
    return;
  }
  await mount(context, ['--rbind', '/sys', at], at);
  await runTool(context, 'making /sys read-only', { argv: ['mount', '-o', 'remount,bind,ro', at] });
}

async function makeDev(context: WorkerContext, at: HostPath): Promise<void> {
  await mount(context, ['-t', 'tmpfs', '-o', 'mode=755,size=64m', 'dev', at], at);
  for (const name of deviceNodes) {
    await writeFile(join(at, name), '');
    await runTool(context, `binding /dev/${name}`, {
      argv: ['mount', '--bind', `/dev/${name}`, join(at, name)],
    });
  }
  await mkdir(join(at, 'pts'));
  const ptsOptions = 'newinstance,ptmxmode=0666,mode=620,gid=5';
  await runTool(context, 'mounting /dev/pts', {
    argv: ['mount', '-t', 'devpts', '-o', ptsOptions, 'devpts', join(at, 'pts')],
  });
  await mkdir(join(at, 'shm'));
  await runTool(context, 'mounting /dev/shm', {
    argv: ['mount', '-t', 'tmpfs', '-o', 'mode=1777', 'shm', join(at, 'shm')],
  });
  for (const [name, target] of Object.entries(deviceLinks)) await symlink(target, join(at, name));
}
