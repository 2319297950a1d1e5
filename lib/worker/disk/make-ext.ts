// SPDX-License-Identifier: Apache-2.0
import { lstat } from 'node:fs/promises';
import { mergeExtendedOptions } from '../../disk/mke2fs-options.ts';
import type { HostPath } from '../../model/brands.ts';
import { BuildFailure } from '../../model/failure.ts';
import type { SizedFileSystem } from '../../model/layout.ts';
import type { WorkerContext } from '../context.ts';
import { refuseWhenStopped } from '../context.ts';
import { namingFullDisk, runToolQuietly } from '../run-tool-quietly.ts';
import type { ExtContent } from './ext/fill-ext.ts';
import { fillExt } from './ext/fill-ext.ts';
import { readLayerHistory } from './ext/layer-history.ts';
import type { ReadTree } from './ext/read-tree.ts';
import { readTree } from './ext/read-tree.ts';
import { newestSecond } from './ext/source-tree.ts';
import type { FileSystemView } from './file-system-view.ts';
import type { BorrowedBytes } from './raw-image.ts';

export type ExtSource = {
  readonly view: FileSystemView;
  /** What was read of the whole tree. */
  readonly whole: ReadTree;
  readonly file: HostPath;
  /** What the tree was grown from, lowest first: early files are kept away from late ones. */
  readonly layers: readonly HostPath[];
  /** Whether content may be left where it is, for whoever reads the raw file to find it there. */
  readonly mayBorrow: boolean;
};

/**
 * Makes an ext file system inside the raw file, filled from the view.
 * @returns what it left where it is. @throws FileSystemFull
 */
export async function makeExt(
  context: WorkerContext,
  fileSystem: SizedFileSystem,
  source: ExtSource,
): Promise<readonly BorrowedBytes[]> {
  const [knowsZeros, content] = await Promise.all([
    knowsPrezeroed(context),
    readContent(context, fileSystem, source),
  ]);
  if (content !== null) {
    const borrowed = await makeAndFill(context, fileSystem, { ...source, content, knowsZeros });
    if (borrowed !== null) return borrowed;
  }
  const isPrezeroed = knowsZeros && content === null;
  await makeFilled(context, fileSystem, { ...source, isPrezeroed });
  return [];
}

/** Null where extended attributes cannot be read. */
async function readContent(
  context: WorkerContext,
  { mountPoint }: SizedFileSystem,
  { view, whole, layers }: ExtSource,
): Promise<ExtContent | null> {
  const isWhole = view.directory === whole.directory && view.missing.length === 0;
  const { tree, attributes } = isWhole ? whole : await readTree(context, view.directory, view.missing);
  if (attributes === null) return null;
  const history = mountPoint === null ? new Map() : await readLayerHistory(layers, mountPoint);
  return { tree, attributes, history };
}

/** @returns what it left where it is; null when the file system has something that only mke2fs can fill. */
async function makeAndFill(
  context: WorkerContext,
  fileSystem: SizedFileSystem,
  {
    view,
    file,
    mayBorrow,
    content,
    knowsZeros,
  }: ExtSource & { readonly content: ExtContent; readonly knowsZeros: boolean },
): Promise<readonly BorrowedBytes[] | null> {
  const { node, offset } = fileSystem;
  const time = newestSecond(content.tree, Date.now());
  const argv = emptyExtCommand(fileSystem, { file, time, isPrezeroed: knowsZeros });
  await runToolQuietly(context, `making the file system ${node}`, { argv, writesTo: file });
  const onProgress = (): void => refuseWhenStopped(context);
  const borrowFrom = mayBorrow ? view.source : null;
  return namingFullDisk(file, `making the file system ${node}`, () =>
    fillExt(content, { file, offset, borrowFrom, onProgress }),
  );
}

/** By mke2fs, which knows every feature of its own, at places that hang on everything before them. */
async function makeFilled(
  context: WorkerContext,
  fileSystem: SizedFileSystem,
  { view, file, isPrezeroed }: ExtSource & { readonly isPrezeroed: boolean },
): Promise<void> {
  const { node } = fileSystem;
  const argv = mke2fsCommand(fileSystem, { directory: view.directory, file, isPrezeroed });
  await runToolQuietly(context, `making the file system ${node}`, { argv, writesTo: file });
  const requests = [...(await rootRequests(view.directory)), ...view.missing.flatMap(mkdirRequests)];
  for (const request of requests) await debugfs(context, fileSystem, { file, request });
}

type Words = readonly [string, ...string[]];

/** The raw file is new, so nothing of it has to be cleared and the guest need not clear it later. */
export function mke2fsCommand(
  { type, label, uuid, options, offset, size }: SizedFileSystem,
  from: { readonly directory: string | null; readonly file: string; readonly isPrezeroed: boolean },
): Words {
  const extended = [
    `offset=${offset}`,
    `hash_seed=${uuid}`,
    ...(from.isPrezeroed ? ['assume_storage_prezeroed=1'] : []),
  ];
  const words = mergeExtendedOptions([...options, '-E', extended.join(',')]);
  const identity = ['-L', label, '-U', uuid];
  const content = from.directory === null ? [] : ['-d', from.directory];
  return [
    ...(['mke2fs', '-q', '-F', '-t', type] as const),
    ...words,
    ...identity,
    ...content,
    from.file,
    `${size / 512}s`,
  ];
}

/** Without a clock of its own: the same tree makes the same file system at any time. @param time In seconds. */
export function emptyExtCommand(
  fileSystem: SizedFileSystem,
  {
    file,
    time,
    isPrezeroed,
  }: { readonly file: string; readonly time: number; readonly isPrezeroed: boolean },
): Words {
  const command = mke2fsCommand(fileSystem, { directory: null, file, isPrezeroed });
  return ['env', `E2FSPROGS_FAKE_TIME=${time}`, ...command];
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
