// SPDX-License-Identifier: Apache-2.0
import { copyFile, cp, lstat, mkdir, readdir, rm, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { HostPath } from '../../model/brands.ts';
import type { BuildPlan } from '../../model/plan.ts';

/** Directories of an element that are never merged. */
const leftOut = new Set(['tests', 'test-elements', '__pycache__']);

/** Shell that the builder itself puts beside the hooks. */
const ownFiles = ['run-hook', 'trace-prompt', 'dib-run-parts', 'arm-first-boot', 'first-boot'];

/**
 * Merges the elements into one directory, as dib-contract §2.5 says: sub-directories entry by entry, hidden names
 * left out, top-level files overwriting one another. Clashes of hooks were refused by the plan.
 */
export async function assembleHooks(plan: BuildPlan, hooks: HostPath): Promise<void> {
  const found = await Promise.all(plan.elements.map(({ directory }) => entriesOf(directory)));
  const own = ownFiles.map((name) => ({ path: name, from: join(plan.execution.shellLibrary, name) }));
  const sources = new Map<string, readonly string[]>();
  for (const { path, from } of [...found.flat(), ...own])
    sources.set(path, [...(sources.get(path) ?? []), from]);
  for (const directory of new Set(['environment.d', ...[...sources.keys()].map(dirname)]))
    await mkdir(join(hooks, directory), { recursive: true });
  await Promise.all([...sources].map(([path, all]) => copyInOrder(all, join(hooks, path))));
}

type Entry = { readonly path: string; readonly from: string };

/** Of an element: its files, and what is in its directories; what lies deeper comes with that. */
async function entriesOf(element: HostPath): Promise<readonly Entry[]> {
  const top = await visibleEntries(element);
  const merged = top.filter((entry) => !entry.isDirectory() || !leftOut.has(entry.name));
  const entries = merged.map(async (entry): Promise<readonly Entry[]> => {
    const from = join(element, entry.name);
    if (!entry.isDirectory()) return [{ path: entry.name, from }];
    const inside = await visibleEntries(from);
    return inside.map(({ name }) => ({ path: join(entry.name, name), from: join(from, name) }));
  });
  return (await Promise.all(entries)).flat();
}

/** What comes later takes the place of a file, and is added to a directory. */
async function copyInOrder(sources: readonly string[], to: string): Promise<void> {
  for (const from of sources) await copy(from, to);
}

/** Most are small files, and in every build: `cp` of Node takes a millisecond for each. */
async function copy(from: string, to: string): Promise<void> {
  const status = await lstat(from);
  if (!status.isFile()) {
    await cp(from, to, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true, force: true });
    return;
  }
  await rm(to, { force: true });
  await copyFile(from, to);
  await utimes(to, status.atime, status.mtime);
}

async function visibleEntries(
  directory: string,
): Promise<readonly { name: string; isDirectory: () => boolean }[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  return entries.filter(({ name }) => !name.startsWith('.')).sort((a, b) => (a.name < b.name ? -1 : 1));
}
