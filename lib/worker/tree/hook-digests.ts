// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import type { Stats } from 'node:fs';
import { lstat, readFile, readdir, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostPath } from '../../model/brands.ts';
import { isPhaseName } from '../../model/phases.ts';
import { concernsFew } from './step-key.ts';
import type { Exports } from './step-key.ts';

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
  /** Files of environment.d that are in neither: nothing but what they export can reach a hook. */
  readonly exports: readonly Exports[];
};

/**
 * Files at the top of elements that overwrite one another in the merged directory, and are read from the
 * elements themselves or reach the tree through extra-data.d: a change in them must not invalidate root.d.
 */
const unseen =
  /^(README(\..*)?|LICENSE|element-(deps|provides)|element\.yaml|test|test-output-formats|block-device-[^/]*\.yaml|package-installs\.(yaml|json)|pkg-map|svc-map|source-repository-[^/]*|cache-key\.d\/.*)$/;

const calledByAll = /^(environment\.d|bin)\//;

export async function digestHooks(hooks: HostPath): Promise<HookDigests> {
  const shared = createHash('sha256');
  const whole = createHash('sha256');
  const scripts = new Map<string, { digest: string; text: string }>();
  const sharedTexts: string[] = [];
  const exports: Exports[] = [];
  for (const path of await filesBelow(hooks, '')) {
    const { digest, text, isExecutable: canRun } = await digestFile(hooks, path);
    whole.update(digest);
    const names = path.startsWith('environment.d/') ? namesOfFew(text) : null;
    // What lies there and cannot be run is for hooks to read.
    if (canRun && isInPhase(path)) scripts.set(path, { digest, text });
    else if (names !== null) exports.push({ digest, names });
    else if (!unseen.test(path)) shared.update(digest);
    if (names === null && calledByAll.test(path)) sharedTexts.push(text);
  }
  return {
    shared: shared.digest('hex'),
    whole: whole.digest('hex'),
    scripts,
    sharedText: sharedTexts.join('\n'),
    exports,
  };
}

/** What a text exports when that is all it does besides refusing to go on; null: it does more, or concerns many. */
function namesOfFew(text: string): readonly string[] | null {
  const lines = text.split('\n').map((line) => line.trim());
  const names = lines.flatMap((line) => setting.exec(line)?.[1] ?? []);
  const isAll = lines.every((line) => setting.test(line) || guard.test(line));
  return names.length > 0 && isAll && names.every(concernsFew) ? names : null;
}

const setting = /^export (\w+)=[\w.-]*$/;
/** Blank lines, comments, and a `case` that ends the build with a message. */
const guard = /^(#.*|case \$\{?\w+(:-)?\}? in|[\w*| ]+\)|echo "[^"`(]*" >&2|exit 1|;;|esac|)$/;

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

async function digestFile(
  hooks: string,
  path: string,
): Promise<{ digest: string; text: string; isExecutable: boolean }> {
  const file = join(hooks, path);
  const status = await lstat(file);
  if (status.isSymbolicLink()) return digestLink(file, path);
  const content = await readFile(file);
  const digest = hashOf(`${path}\0${status.mode.toString(8)}\0`, content);
  return { digest, text: content.toString('latin1'), isExecutable: isExecutable(status) };
}

/** A hook may be a link to a file that nothing else counts; links of `static` are about the image's own files. */
async function digestLink(
  file: string,
  path: string,
): Promise<{ digest: string; text: string; isExecutable: boolean }> {
  const there = isInPhase(path) || calledByAll.test(path) ? await stat(file).catch(() => null) : null;
  const content = there?.isFile() === true ? await readFile(file) : Buffer.alloc(0);
  const digest = hashOf(`${path}\0link\0${await readlink(file)}\0`, content);
  return { digest, text: content.toString('latin1'), isExecutable: there !== null && isExecutable(there) };
}

const hashOf = (head: string, content: Buffer): string =>
  createHash('sha256').update(head).update(content).digest('hex');

const isExecutable = ({ mode }: Stats): boolean => (mode & 0o111) !== 0;

function isInPhase(path: string): boolean {
  const [phase = '', name, ...deeper] = path.split('/');
  return isPhaseName(phase) && name !== undefined && deeper.length === 0;
}
