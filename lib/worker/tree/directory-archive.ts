// SPDX-License-Identifier: Apache-2.0
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostPath } from '../../model/brands.ts';
import { hostPath } from '../../model/brands.ts';
import type { Staging } from '../../store/layers.ts';
import type { WorkerContext } from '../context.ts';
import { runTool } from '../context.ts';
import { paxMembers } from './pax-attributes.ts';

/** Directories by path, with the names of the extended attributes that each has; those without any are not in it. */
export type AttributeNames = ReadonlyMap<string, readonly string[]>;

const whole = ['--numeric-owner', '--xattrs', '--xattrs-include=*', '--acls'] as const;

/** Archives directories without what is in them: cp would copy that, too. @param paths The root is ``. */
export async function archiveDirectories(
  context: WorkerContext,
  tree: HostPath,
  { paths, staging }: { readonly paths: readonly string[]; readonly staging: Staging },
): Promise<HostPath> {
  const list = join(staging.overlayWork, 'directories');
  const archive = hostPath(`${list}.tar`);
  await writeFile(list, paths.map((path) => `./${path}\0`).join(''), 'latin1');
  const creating = ['tar', '--create', '--format=posix', '--no-recursion', ...whole] as const;
  const which = ['--null', `--files-from=${list}`, `--file=${archive}`];
  await runTool(context, 'reading directories', { argv: [...creating, ...which], cwd: tree });
  return archive;
}

/** Gives directories that are there owners, modes, attributes and times; makes those that are not. */
export async function extractDirectories(
  context: WorkerContext,
  archive: HostPath,
  tree: HostPath,
): Promise<void> {
  const extracting = ['tar', '--extract', '--same-owner', '--same-permissions', ...whole] as const;
  await runTool(context, 'making directories', { argv: [...extracting, `--file=${archive}`], cwd: tree });
}

export async function attributesIn(archive: HostPath): Promise<AttributeNames> {
  const members = paxMembers(await readFile(archive));
  return new Map(
    members
      .filter(({ attributes }) => attributes.size > 0)
      .map(({ path, attributes }) => [path.replace(/^\.\/?/, ''), [...attributes.keys()]]),
  );
}
