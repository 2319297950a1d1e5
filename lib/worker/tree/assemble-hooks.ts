// SPDX-License-Identifier: Apache-2.0
import { copyFile, cp, lstat, mkdir, readdir, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
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
  await mkdir(join(hooks, 'environment.d'), { recursive: true });
  for (const element of plan.elements) await mergeElement(element.directory, hooks);
  for (const name of ownFiles) await cp(join(plan.execution.shellLibrary, name), join(hooks, name));
}

async function mergeElement(element: HostPath, hooks: HostPath): Promise<void> {
  for (const entry of await visibleEntries(element)) {
    const from = join(element, entry.name);
    if (!entry.isDirectory()) await copy(from, join(hooks, entry.name));
    else if (!leftOut.has(entry.name)) await mergeDirectory(from, join(hooks, entry.name));
  }
}

async function mergeDirectory(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  const entries = await visibleEntries(from);
  await Promise.all(entries.map(({ name }) => copy(join(from, name), join(to, name))));
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
