// SPDX-License-Identifier: Apache-2.0
import { chmod, lstat, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { exists } from '../../host/file-checks.ts';
import type { Host } from '../../host/host.ts';
import type { HostPath } from '../../model/brands.ts';

/** The image's own file waits beside it during the build; elements write there what the image shall have (dib-contract §2.1). */
const paths = (tree: HostPath): { readonly used: string; readonly kept: string } => ({
  used: join(tree, 'etc/resolv.conf'),
  kept: join(tree, 'etc/resolv.conf.ORIG'),
});

/** Puts the host's name servers into a tree that has just been made. */
export async function lendResolver(tree: HostPath): Promise<void> {
  const { used, kept } = paths(tree);
  await mkdir(dirname(used), { recursive: true });
  if (await exists(used)) await rename(used, kept);
  await writeFile(used, await hostResolver());
  await chmod(used, 0o777);
}

/** A layer from the store may hold the name servers of another day. A file that a package made a link is left alone. */
export async function refreshResolver(tree: HostPath): Promise<void> {
  const { used } = paths(tree);
  const status = await lstat(used).catch(() => null);
  if (status?.isFile() !== true) return;
  const wanted = await hostResolver();
  if ((await readFile(used, 'utf8')) !== wanted) await writeFile(used, wanted);
}

/** Gives the image its own file back, unless a hook made a link of it or marked it immutable. */
export async function returnResolver(host: Host, tree: HostPath): Promise<void> {
  const { used, kept } = paths(tree);
  const status = await lstat(used).catch(() => null);
  if (status?.isSymbolicLink() === true || (await isImmutable(host, used))) {
    await rm(kept, { force: true });
    return;
  }
  await rm(used, { force: true });
  if (await exists(kept)) await rename(kept, used);
}

const hostResolver = (): Promise<string> =>
  readFile('/etc/resolv.conf', 'utf8').catch(() => 'nameserver 8.8.8.8\n');

async function isImmutable(host: Host, path: string): Promise<boolean> {
  const result = await host.run({ argv: ['lsattr', '-d', path] });
  return result.exitStatus === 0 && (result.stdout.split(' ')[0] ?? '').includes('i');
}
