// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import type { Stats } from 'node:fs';
import { lstat, readFile, readdir, readlink, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { HostPath } from '../../model/brands.ts';
import { hookNames } from '../../model/hook-order.ts';
import { isPhaseName } from '../../model/phases.ts';
import { concernsFew, digestOf } from './step-key.ts';
import type { Exports } from './step-key.ts';

/** What the hooks directory holds, reduced to what keys need. */
export type HookDigests = {
  /** Digest over everything but the scripts of phases and files that say nothing to a hook. */
  readonly shared: string;
  /** Digest over everything, the scripts too. */
  readonly whole: string;
  /** `PHASE/SCRIPT` → digest of its name, mode and bytes, and its text; so far as it names other files, theirs too. */
  readonly scripts: ReadonlyMap<string, Digested>;
  /** Text of what every hook may source or call: environment.d and bin. */
  readonly sharedText: string;
  /** Files of environment.d that are in neither: nothing but what they export can reach a hook. */
  readonly exports: readonly Exports[];
};

type Digested = { readonly digest: string; readonly text: string };

/**
 * Files at the top of elements that overwrite one another in the merged directory, and are read from the
 * elements themselves or reach the tree through extra-data.d: a change in them must not invalidate root.d.
 */
const unseen =
  /^(README(\..*)?|LICENSE|element-(deps|provides)|element\.yaml|test|test-output-formats|block-device-[^/]*\.yaml|package-installs\.(yaml|json)|pkg-map|svc-map|source-repository-[^/]*|cache-key\.d\/.*)$/;

/** What all hooks see is part of every key anyway; `static` holds the image's own files. */
const canBeNamed = (path: string): boolean =>
  !unseen.test(path) && !calledByAll.test(path) && !path.startsWith('static/');

const calledByAll = /^(environment\.d|bin)\//;

export async function digestHooks(hooks: HostPath): Promise<HookDigests> {
  const shared = createHash('sha256');
  const whole = createHash('sha256');
  const scripts = new Map<string, Digested>();
  const readable = new Map<string, Digested>();
  const sharedTexts: string[] = [];
  const exports: Exports[] = [];
  for (const path of await filesBelow(hooks, '')) {
    const { digest, text, isExecutable: canRun } = await digestFile(hooks, path);
    whole.update(digest);
    const names = path.startsWith('environment.d/') ? namesOfFew(text) : null;
    if (canBeNamed(path)) readable.set(path, { digest, text });
    if (canRun && isInPhase(path)) scripts.set(path, { digest, text });
    // What lies there and is no hook is for hooks to read.
    if (canRun && isInPhase(path) && isHookName(path)) continue;
    if (names !== null) exports.push({ digest, names });
    else if (!unseen.test(path)) shared.update(digest);
    if (names === null && calledByAll.test(path)) sharedTexts.push(text);
  }
  const wholeDigest = whole.digest('hex');
  if (lastDigests?.whole === wholeDigest) return lastDigests;
  const byName = filesByName(readable);
  lastDigests = {
    shared: shared.digest('hex'),
    whole: wholeDigest,
    scripts: new Map([...scripts].map(([path, script]) => [path, withNamed(path, script, byName)])),
    sharedText: sharedTexts.join('\n'),
    exports,
  };
  return lastDigests;
}

let lastDigests: HookDigests | null = null;

type FilesByName = ReadonlyMap<string, readonly (Digested & { readonly path: string })[]>;

function filesByName(files: ReadonlyMap<string, Digested>): FilesByName {
  const found = new Map<string, (Digested & { readonly path: string })[]>();
  for (const [path, file] of files) {
    const name = basename(path);
    found.set(name, [...(found.get(name) ?? []), { path, ...file }]);
  }
  return found;
}

/** A script may source or run what lies beside it: what its text names, and what that names, is part of it. */
function withNamed(path: string, script: Digested, files: FilesByName): Digested {
  const found = new Map([[path, script]]);
  // A map is walked to its end, with what is added meanwhile.
  for (const { text } of found.values()) {
    for (const word of wordsOf(text)) {
      for (const file of files.get(word) ?? []) if (!found.has(file.path)) found.set(file.path, file);
    }
  }
  if (found.size === 1) return script;
  const parts = [...found.values()];
  const digests = parts.map(({ digest }) => digest);
  return { digest: digestOf(digests), text: parts.map(({ text }) => text).join('\n') };
}

const wordsOf = (text: string): ReadonlySet<string> => new Set(text.split(/[^\w.-]+/));

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

type FileDigest = Digested & { readonly isExecutable: boolean };

/** What was read stays known as long as nothing touches the file: the directory is digested several times in a build. */
const known = new Map<string, { readonly stamp: string; readonly digested: FileDigest }>();

async function digestFile(hooks: string, path: string): Promise<FileDigest> {
  const file = join(hooks, path);
  const status = await lstat(file, { bigint: true });
  if (status.isSymbolicLink()) return digestLink(file, path);
  const { ino, mode, size, mtimeNs, ctimeNs } = status;
  const stamp = [ino, mode, size, mtimeNs, ctimeNs].join(' ');
  const before = known.get(file);
  if (before?.stamp === stamp) return before.digested;
  const digested = await readDigest(file, path, Number(mode));
  known.set(file, { stamp, digested });
  return digested;
}

async function readDigest(file: string, path: string, mode: number): Promise<FileDigest> {
  const content = await readFile(file);
  const digest = hashOf(`${path}\0${mode.toString(8)}\0`, content);
  return { digest, text: content.toString('latin1'), isExecutable: isExecutable({ mode }) };
}

/** A hook may be a link to a file that nothing else counts; links of `static` are about the image's own files. */
async function digestLink(file: string, path: string): Promise<FileDigest> {
  const there = isInPhase(path) || calledByAll.test(path) ? await stat(file).catch(() => null) : null;
  const content = there?.isFile() === true ? await readFile(file) : Buffer.alloc(0);
  const digest = hashOf(`${path}\0link\0${await readlink(file)}\0`, content);
  return { digest, text: content.toString('latin1'), isExecutable: there !== null && isExecutable(there) };
}

const hashOf = (head: string, content: Buffer): string =>
  createHash('sha256').update(head).update(content).digest('hex');

const isExecutable = ({ mode }: Pick<Stats, 'mode'>): boolean => (mode & 0o111) !== 0;

const isHookName = (path: string): boolean => hookNames().test(basename(path));

function isInPhase(path: string): boolean {
  const [phase = '', name, ...deeper] = path.split('/');
  return isPhaseName(phase) && name !== undefined && deeper.length === 0;
}
