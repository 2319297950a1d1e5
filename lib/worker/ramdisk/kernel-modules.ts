// SPDX-License-Identifier: Apache-2.0
import { copyFile, mkdir, mkdtemp, readdir, rm, stat, symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { CommandResult } from '../../host/host.ts';
import type { HostPath } from '../../model/brands.ts';
import { hostPath } from '../../model/brands.ts';
import { BuildFailure } from '../../model/failure.ts';
import type { WantedFirmware } from '../../ramdisk/firmware.ts';
import { wantedFirmware } from '../../ramdisk/firmware.ts';
import type { TreeReader } from '../../ramdisk/tree-reader.ts';
import type { WorkerContext } from '../context.ts';
import { refuseWhenStopped } from '../context.ts';
import { runToolQuietly } from '../run-tool-quietly.ts';
import type { Scope } from '../scope.ts';
import { withScope } from '../scope.ts';
import type { Compression, ToolContext } from './unpack-modules.ts';
import { batchesOf, compressions, isOfKind, unknownToKmod, unpackModules } from './unpack-modules.ts';

export type ModulesOfTree = {
  /** Where the tree is mounted. */
  readonly root: HostPath;
  readonly reader: TreeReader;
  /** lib/modules/VERSION in the tree. */
  readonly directory: string;
  /** Below it, plain or compressed, of any architecture. */
  readonly files: readonly string[];
};

/** Asks modinfo. @throws BuildFailure */
export async function firmwareNamedBy(
  context: ToolContext & Pick<WorkerContext, 'paths' | 'report'>,
  { root, reader, directory, files }: ModulesOfTree,
): Promise<readonly WantedFirmware[]> {
  const found = files.flatMap((file) => reader.find(`${directory}/${file}`)?.path ?? []);
  const onHost = found.map((path) => hostPath(join(root, path)));
  const unknown = await unknownToKmod(context);
  const warn = (text: string): void => context.report({ kind: 'warning', text });
  return withScope(warn, async (scope) => {
    const readable = onHost.filter((file) => !isOfKind(file, unknown));
    const others = onHost.filter((file) => isOfKind(file, unknown));
    return askModinfo(context, [
      ...readable,
      ...(await unpackedCopies(context, { files: others, unknown }, scope)),
    ]);
  });
}

async function askModinfo(
  context: ToolContext,
  files: readonly HostPath[],
): Promise<readonly WantedFirmware[]> {
  const printed: string[] = [];
  for (const batch of batchesOf(files)) {
    refuseWhenStopped(context);
    const result = await context.host.run({ argv: ['modinfo', '-0', ...batch] });
    if (result.exitStatus !== 0) throw modinfoFailed(batch, result);
    printed.push(result.stdout);
  }
  return wantedFirmware(printed.join(''));
}

/** Of hundreds of files and what was found in them, the words about the one that is to blame. */
function modinfoFailed(
  [first = '', ...others]: readonly string[],
  { exitStatus, signal, lastLines }: CommandResult,
): BuildFailure {
  const complaints = lastLines.flatMap((line) => /modinfo: .*/.exec(line)?.[0] ?? []);
  return new BuildFailure({
    kind: 'command-failed',
    doing: 'asking kernel modules for their firmware',
    argv: ['modinfo', '-0', first, ...(others.length > 0 ? ['…'] : [])],
    exitStatus,
    signal,
    lastLines: complaints.length > 0 ? complaints : lastLines,
  });
}

type Unreadable = { readonly files: readonly HostPath[]; readonly unknown: readonly Compression[] };

/** Names of modules are different from each other, whatever the directories. */
async function unpackedCopies(
  context: ToolContext & Pick<WorkerContext, 'paths'>,
  { files, unknown }: Unreadable,
  scope: Scope,
): Promise<readonly HostPath[]> {
  if (files.length === 0) return [];
  const directory = await mkdtemp(join(context.paths.work, 'modules-'));
  scope.defer(`the directory ${directory}`, () => rm(directory, { recursive: true, force: true }));
  const copies = files.map((file) => hostPath(join(directory, basename(file))));
  for (const [index, file] of files.entries()) await copyFile(file, copies[index] ?? directory);
  await unpackModules(context, copies, unknown);
  return (await readdir(directory)).sort().map((name) => hostPath(join(directory, name)));
}

export type StagedKernel = {
  /** The staged RAM disk. */
  readonly staged: HostPath;
  /** Where its modules are in it, no part of it a link. */
  readonly directory: string;
  readonly version: string;
};

/**
 * Writes modules.dep and its like for the modules that are in the RAM disk, and for no others. Modules that this machine's
 * depmod or the RAM disk's modprobe cannot read are unpacked before. @throws BuildFailure
 */
export async function indexModules(context: ToolContext, kernel: StagedKernel, scope: Scope): Promise<void> {
  const { staged, directory, version } = kernel;
  const modules = hostPath(join(staged, directory));
  await unpackModules(context, await filesBelow(modules), await unreadable(context, staged));
  // Links of the RAM disk would lead depmod to the modules of this machine: it gets a root of its own that has none but ours.
  const root = await mkdtemp(`${staged}.depmod-`);
  scope.defer(`the directory ${root}`, () => rm(root, { recursive: true, force: true }));
  // Distributions that have no /lib look in the second.
  for (const place of ['lib/modules', 'usr/lib/modules']) {
    await mkdir(join(root, place), { recursive: true });
    await symlink(modules, join(root, place, version));
  }
  await runToolQuietly(context, `listing the modules of ${version} in the RAM disk`, {
    argv: ['depmod', '-b', root, version],
  });
}

const filesBelow = async (directory: HostPath): Promise<readonly HostPath[]> =>
  (await readdir(directory, { recursive: true })).sort().map((file) => hostPath(join(directory, file)));

/** Busybox knows no zstd; a kmod that comes from the tree knows what its kernel's modules are. */
async function unreadable(context: ToolContext, staged: HostPath): Promise<readonly Compression[]> {
  const hasKmod = await anyOf(
    ['usr/bin/kmod', 'bin/kmod', 'usr/sbin/kmod', 'sbin/kmod'].map((path) => join(staged, path)),
  );
  const unknown = await unknownToKmod(context);
  return compressions.filter((kind) => unknown.includes(kind) || (!hasKmod && kind.kmodName === 'ZSTD'));
}

async function anyOf(paths: readonly string[]): Promise<boolean> {
  const found = await Promise.all(paths.map((path) => stat(path).catch(() => null)));
  return found.some((status) => status !== null);
}
