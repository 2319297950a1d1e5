// SPDX-License-Identifier: Apache-2.0
import { lstat } from 'node:fs/promises';
import { mergeExtendedOptions } from '../../disk/mke2fs-options.ts';
import type { HostPath } from '../../model/brands.ts';
import { BuildFailure } from '../../model/failure.ts';
import type { SizedFileSystem } from '../../model/layout.ts';
import type { WorkerContext } from '../context.ts';
import type { FileSystemView } from './file-system-view.ts';
import { runToolQuietly } from '../run-tool-quietly.ts';

/** Makes an ext file system inside the raw file, filled from the view. */
export async function makeExt(
  context: WorkerContext,
  fileSystem: SizedFileSystem,
  { view, file }: { readonly view: FileSystemView; readonly file: HostPath },
): Promise<void> {
  const isPrezeroed = await knowsPrezeroed(context);
  const argv = mke2fsCommand(fileSystem, { directory: view.directory, file, isPrezeroed });
  await runToolQuietly(context, `making the file system ${fileSystem.node}`, { argv, writesTo: file });
  const requests = [...(await rootRequests(view.directory)), ...view.missing.flatMap(mkdirRequests)];
  for (const request of requests) await debugfs(context, fileSystem, { file, request });
}

/** The raw file is new, so nothing of it has to be cleared and the guest need not clear it later. */
export function mke2fsCommand(
  { type, label, uuid, options, offset, size }: SizedFileSystem,
  from: { readonly directory: string; readonly file: string; readonly isPrezeroed: boolean },
): readonly [string, ...string[]] {
  const extended = [
    `offset=${offset}`,
    `hash_seed=${uuid}`,
    ...(from.isPrezeroed ? ['assume_storage_prezeroed=1'] : []),
  ];
  const words = mergeExtendedOptions([...options, '-E', extended.join(',')]);
  const identity = ['-L', label, '-U', uuid];
  return [
    'mke2fs',
    '-q',
    '-F',
    '-t',
    type,
    ...words,
    ...identity,
    '-d',
    from.directory,
    from.file,
    `${size / 512}s`,
  ];
}

/** Known from e2fsprogs 1.47 on. */
async function knowsPrezeroed(context: WorkerContext): Promise<boolean> {
  const { lastLines } = await runToolQuietly(context, 'asking mke2fs for its version', {
    argv: ['mke2fs', '-V'],
  });
  const [, major = '0', minor = '0'] = /^mke2fs (\d+)\.(\d+)/.exec(lastLines.join('\n')) ?? [];
  return Number(major) > 1 || Number(minor) >= 47;
}

/** mke2fs 1.47.0 gives the root directory root's ownership and mode 0755, whatever the source has. */
async function rootRequests(directory: HostPath): Promise<readonly string[]> {
  const { mode, uid, gid } = await lstat(directory);
  return [
    ...((mode & 0o7777) === 0o755 ? [] : [`set_inode_field <2> mode 0${(mode & 0o177777).toString(8)}`]),
    ...(uid === 0 ? [] : [`set_inode_field <2> uid ${uid}`]),
    ...(gid === 0 ? [] : [`set_inode_field <2> gid ${gid}`]),
  ];
}

/** `boot/efi` takes `mkdir /boot` and `mkdir /boot/efi`; the first may exist. */
function mkdirRequests(path: string): readonly string[] {
  const parts = path.split('/');
  return parts.map((_, index) => `mkdir /${parts.slice(0, index + 1).join('/')}`);
}

/** debugfs exits with 0 whatever happens, and is silent when all is well. */
async function debugfs(
  context: WorkerContext,
  { node, offset }: SizedFileSystem,
  { file, request }: { readonly file: HostPath; readonly request: string },
): Promise<void> {
  const argv = ['debugfs', '-w', '-R', request, `${file}?offset=${offset}`] as const;
  const doing = `adjusting the file system ${node}`;
  const { lastLines } = await runToolQuietly(context, doing, { argv });
  const complaints = lastLines.filter((line) => !/^(debugfs \d|Allocated inode|$)|already exists/.test(line));
  if (complaints.length === 0) return;
  throw new BuildFailure({
    kind: 'command-failed',
    doing,
    argv,
    exitStatus: 0,
    signal: null,
    lastLines: complaints,
  });
}
