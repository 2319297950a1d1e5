// SPDX-License-Identifier: Apache-2.0
import type { Stats } from 'node:fs';
import { lstat, readdir, readlink, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { TarMember } from '../../formats/tar-members.ts';
import { RefusedBase } from './refused-base.ts';

/**
 * Readies the tree of the layers below for a layer: removes what it hides or replaces by something of another kind, and
 * makes sure that nothing of it lands outside the tree, as links of lower layers may point anywhere.
 * @returns the names, as in the archive, of members that are not to be unpacked: whiteouts, and devices.
 * @throws RefusedBase. Source: OCI image-spec 1.1, layer.md.
 */
export async function prepareLayer(tree: string, members: readonly TarMember[]): Promise<readonly string[]> {
  const named = members.map((member) => ({ member, path: pathOf(member.name) }));
  const skipped = named.filter(({ member, path }) => isSkipped(path, member));
  const kept = named.filter(({ path }) => path !== '' && !path.startsWith('dev/'));
  const directories = kept.filter(({ member }) => member.type === '5');
  const guard = parentGuard(tree, new Set(directories.map(({ path }) => path)));
  // Upper ones first: a link in the place of one is gone before anything below it is looked at.
  const byDepth = directories.toSorted((a, b) => depthOf(a.path) - depthOf(b.path));
  for (const { path } of byDepth) {
    await guard(path);
    await makeWay(tree, path, true);
  }
  for (const { member, path } of kept) {
    if (member.type === '5') continue;
    await guard(path);
    if (isWhiteout(path)) await hide(tree, path);
    else await makeWay(tree, path, false);
    if (member.type === '1') await guard(pathOf(member.linkName));
  }
  return skipped.map(({ member }) => member.name);
}

const depthOf = (path: string): number => path.split('/').length;

/** Relative, without `.` and trailing slashes; empty for the root itself. */
function pathOf(name: string): string {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw new RefusedBase(`a layer has a member outside of the tree: ${name}`);
  return parts.join('/');
}

const isWhiteout = (path: string): boolean => basename(path).startsWith('.wh.');

/** Devices are made by the machine, and an ordinary user may make none. */
const isSkipped = (path: string, { type }: TarMember): boolean =>
  isWhiteout(path) || path.startsWith('dev/') || type === '3' || type === '4';

async function hide(tree: string, path: string): Promise<void> {
  const directory = join(tree, dirname(path));
  const name = basename(path).slice('.wh.'.length);
  if (name === '.wh..opq') {
    for (const entry of await readdir(directory).catch(() => [])) await remove(join(directory, entry));
  } else if (!name.startsWith('.wh.')) {
    if (name === '' || name === '.' || name === '..')
      throw new RefusedBase(`a layer hides the nameless: ${path}`);
    await remove(join(directory, name));
  }
}

const remove = (path: string): Promise<void> => rm(path, { recursive: true, force: true });

/** tar itself replaces a file by a file; a directory and something else take each other's place here. */
async function makeWay(tree: string, path: string, isDirectory: boolean): Promise<void> {
  const there = await statusOf(join(tree, path));
  if (there !== null && there.isDirectory() !== isDirectory) await remove(join(tree, path));
}

/** Checks the directories above a path once each; those that the layer itself brings are made anew by it. */
function parentGuard(tree: string, brought: ReadonlySet<string>): (path: string) => Promise<void> {
  const known = new Set<string>();
  return async (path) => {
    const parts = path.split('/').slice(0, -1);
    for (let count = 1; count <= parts.length; count++) {
      const parent = parts.slice(0, count).join('/');
      if (known.has(parent)) continue;
      if (!brought.has(parent)) await refuseWayOut(tree, parent);
      known.add(parent);
    }
  };
}

const MAX_LINKS = 40;

/** Follows links as tar would, and refuses what may leave the tree. */
async function refuseWayOut(tree: string, path: string): Promise<void> {
  const waiting = path.split('/');
  const reached: string[] = [];
  for (let links = 0; ;) {
    const part = waiting.shift();
    if (part === undefined) return;
    if (part === '' || part === '.') continue;
    if (part === '..') {
      if (reached.pop() === undefined) throw leaving(path);
      continue;
    }
    const here = join(tree, ...reached, part);
    const status = await statusOf(here);
    if (status?.isSymbolicLink() !== true) {
      reached.push(part);
      continue;
    }
    const target = await readlink(here);
    links += 1;
    if (target.startsWith('/') || links > MAX_LINKS) throw leaving(path);
    waiting.unshift(...target.split('/'));
  }
}

const leaving = (path: string): RefusedBase =>
  new RefusedBase(`a layer writes through the link ${path} of a lower one, which may lead out of the tree`);

const statusOf = (path: string): Promise<Stats | null> => lstat(path).catch(() => null);
