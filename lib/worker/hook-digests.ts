// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { lstat, readFile, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostPath } from '../model/brands.ts';
import { isPhaseName } from '../model/phases.ts';

/** What the hooks directory holds, reduced to what keys need. */
export type HookDigests = {
  /** Digest over everything but the scripts of phases and files that say nothing to a hook. */
  readonly shared: string;
  /** Digest over everything, the scripts too. */
  readonly whole: string;
  /** `PHASE/SCRIPT` → digest of its name, mode and bytes, and its text. */
  readonly scripts: ReadonlyMap<string, { readonly digest: string; readonly text: string }>;
  /** Text of what every hook may source or call: environment.d and bin. */
  readonly sharedText: string;
};

/**
 * Files at the top of elements that overwrite one another in the merged directory, and are read from the
 * elements themselves or reach the tree through extra-data.d: a change in them must not invalidate root.d.
 */
const unseen =
  /^(README(\..*)?|LICENSE|element-(deps|provides)|element\.yaml|block-device-[^/]*\.yaml|package-installs\.(yaml|json)|pkg-map|svc-map|cache-key\.d\/.*)$/;

const calledByAll = /^(environment\.d|bin)\//;

export async function digestHooks(hooks: HostPath): Promise<HookDigests> {
  const shared = createHash('sha256');
  const whole = createHash('sha256');
  const scripts = new Map<string, { digest: string; text: string }>();
  const sharedTexts: string[] = [];
  for (const path of await filesBelow(hooks, '')) {
    const { digest, text } = await digestFile(hooks, path);
    whole.update(digest);
    if (isScript(path)) scripts.set(path, { digest, text });
    else if (!unseen.test(path)) shared.update(digest);
    if (calledByAll.test(path)) sharedTexts.push(text);
  }
  return {
    shared: shared.digest('hex'),
    whole: whole.digest('hex'),
    scripts,
    sharedText: sharedTexts.join('\n'),
  };
}

/** Sorted, so that the digest does not depend on the file system. */
async function filesBelow(directory: string, prefix: string): Promise<readonly string[]> {
  const entries = await readdir(join(directory, prefix), { withFileTypes: true });
  const found: string[] = [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
    if (entry.isDirectory()) found.push(...(await filesBelow(directory, path)));
    else found.push(path);
  }
  return found;
}

async function digestFile(hooks: string, path: string): Promise<{ digest: string; text: string }> {
  const status = await lstat(join(hooks, path));
  const content = status.isSymbolicLink()
    ? Buffer.from(await readlink(join(hooks, path)))
    : await readFile(join(hooks, path));
  const digest = createHash('sha256')
    .update(`${path}\0${status.mode.toString(8)}\0`)
    .update(content)
    .digest('hex');
  return { digest, text: content.toString('latin1') };
}

function isScript(path: string): boolean {
  const [phase = '', name, ...deeper] = path.split('/');
  return isPhaseName(phase) && name !== undefined && deeper.length === 0;
}
