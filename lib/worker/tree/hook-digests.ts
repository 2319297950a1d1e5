// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import type { Stats } from 'node:fs';
import { lstatSync } from 'node:fs';
import { readFile, readdir, readlink, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { HostPath } from '../../model/brands.ts';
import { hookNames } from '../../model/hook-order.ts';
import { isPhaseName } from '../../model/phases.ts';
import { pathsReadBy } from './paths-read.ts';
import type { Naming } from './named-in-text.ts';
import { joinedNamings, namingOf } from './named-in-text.ts';
import { concernsFew } from './seen-variables.ts';
import type { Exports } from './step-key.ts';

/** What the hooks directory holds, reduced to what keys need. */
export type HookDigests = {
  /** Digest over everything but the scripts of phases and files that say nothing to a hook. */
  readonly shared: string;
  /** Those files: path → kind, mode and bytes in short. */
  readonly sharedFiles: FileStamps;
  /** Digest over everything, the scripts too. */
  readonly whole: string;
  /** `PHASE/SCRIPT` → the script, and other files so far as its text leads to them. */
  readonly scripts: ReadonlyMap<string, HookScript>;
  /** Of what every hook may source or call: environment.d, bin, and programs of `static`. */
  readonly sharedTexts: readonly Naming[];
  /** Files of environment.d that are in neither: nothing but what they export can reach a hook. */
  readonly exports: readonly Exports[];
};

export type HookScript = {
  /** Of name, mode and bytes of all that is in `files`. */
  readonly digest: string;
  readonly files: FileStamps;
  /** Of each of them. */
  readonly texts: readonly Naming[];
};

/** Path relative to the hooks directory → `755 DIGEST`, `link TARGET`, `directory 755`. */
export type FileStamps = Readonly<Record<string, string>>;

/**
 * Files at the top of elements that overwrite one another in the merged directory, and are read from the
 * elements themselves or reach the tree through extra-data.d: a change in them must not invalidate root.d.
 * That is safe as a hook whose text leads to one has it in its key.
 */
const unseen =
  /^(README(\..*)?|LICENSE|element-(deps|provides)|element\.yaml|test|test-output-formats|block-device-[^/]*\.yaml|package-installs\.(yaml|json)|pkg-map|svc-map|source-repository-[^/]*|(cache-key|prefetch|init|binary-deps|modules|udev)(\.d)?(\/.*)?)$/;

/** In every hook's environment or on its PATH, so that any of them may use it without naming it. */
const calledByAll = /^(environment\.d|bin)\//;

/** Laid over the image. Its programs may be called by their names alone; nothing else of it is code. */
const ofImage = /^static\//;

type Found = {
  readonly path: string;
  readonly stamp: string;
  readonly digest: string;
  readonly text: string;
  readonly isExecutable: boolean;
};

export async function digestHooks(hooks: HostPath): Promise<HookDigests> {
  const files = await Promise.all((await pathsBelow(hooks, '')).map((path) => readEntry(hooks, path)));
  const whole = digestOfAll(files);
  if (lastDigests?.whole === whole) return lastDigests;
  const exported = files.flatMap((file) => exportsOf(file) ?? []);
  const kept = new Set(exported.map(({ path }) => path));
  const shared = files.filter((file) => !isHook(file) && !unseen.test(file.path) && !kept.has(file.path));
  const called = shared.filter(isCalledByAll);
  const scripts = files.filter(isScript);
  const lookUp = lookUpIn(files);
  const always = called.flatMap(lookUp.readByPath);
  lastDigests = {
    shared: digestOfAll(shared),
    sharedFiles: stampsOf(shared),
    whole,
    scripts: new Map(scripts.map((script) => [script.path, withWhatItReads(script, always, lookUp)])),
    sharedTexts: [joinedNamings(called.map(namingIn))],
    exports: exported,
  };
  return lastDigests;
}

let lastDigests: HookDigests | null = null;

const isScript = ({ path, isExecutable }: Found): boolean => isExecutable && isInPhase(path);

/** What lies in a phase and is no hook is for hooks to read. */
const isHook = (file: Found): boolean => isScript(file) && isHookName(file.path);

const isCalledByAll = ({ path, isExecutable }: Found): boolean =>
  calledByAll.test(path) || (ofImage.test(path) && isExecutable);

const stampsOf = (files: readonly Found[]): FileStamps =>
  Object.fromEntries(files.map(({ path, stamp }) => [path, stamp]));

function digestOfAll(files: readonly Found[]): string {
  const hash = createHash('sha256');
  for (const { digest } of files) hash.update(digest);
  return hash.digest('hex');
}

type LookUp = {
  /** By the paths that a text says, and by names alone. */
  readonly readBy: (file: Found) => readonly Found[];
  readonly readByPath: (file: Found) => readonly Found[];
};

function lookUpIn(files: readonly Found[]): LookUp {
  const byName = new Map<string, Found[]>();
  for (const file of files.filter(({ path }) => canBeNamed(path))) {
    const name = basename(file.path);
    byName.set(name, [...(byName.get(name) ?? []), file]);
  }
  const readByPath = ({ path, text }: Found): readonly Found[] => {
    const read = pathsReadBy(text, dirname(path));
    if (read.files.length + read.below.length === 0) return [];
    return files.filter(
      (file) => read.files.includes(file.path) || read.below.some((start) => file.path.startsWith(start)),
    );
  };
  const known = new Map<Found, readonly Found[]>();
  const readBy = (file: Found): readonly Found[] => {
    const named = (): readonly Found[] => [...wordsOf(file.text)].flatMap((word) => byName.get(word) ?? []);
    const others = known.get(file) ?? [...named(), ...readByPath(file)];
    known.set(file, others);
    return others;
  };
  return { readBy, readByPath };
}

/** By a name alone, without a path. */
const canBeNamed = (path: string): boolean =>
  !unseen.test(path) && !ofImage.test(path) && !path.startsWith('environment.d/');

/**
 * A script may source or run what lies beside it: what its text names or lists, and what that names, is part of it.
 * @param always What every hook may read through what it calls.
 */
function withWhatItReads(script: Found, always: readonly Found[], lookUp: LookUp): HookScript {
  const found = new Map([script, ...always].map((file) => [file.path, file]));
  // A map is walked to its end, with what is added meanwhile.
  for (const file of found.values()) {
    for (const other of lookUp.readBy(file)) if (!found.has(other.path)) found.set(other.path, other);
  }
  const files = [...found.values()];
  return {
    digest: digestOfAll(files),
    files: stampsOf(files),
    texts: files.map(namingIn),
  };
}

const namings = new WeakMap<Found, Naming>();

/** Many scripts name the same files. */
function namingIn(file: Found): Naming {
  const naming = namings.get(file) ?? namingOf(file.text);
  namings.set(file, naming);
  return naming;
}

const wordsOf = (text: string): ReadonlySet<string> => new Set(text.split(/[^\w.-]+/));

/** What a file exports when that is all it does besides refusing to go on; null: it does more, or concerns many. */
function exportsOf({ path, text, digest }: Found): Exports | null {
  if (!path.startsWith('environment.d/')) return null;
  const lines = text.split('\n').map((line) => line.trim());
  const names = lines.flatMap((line) => setting.exec(line)?.[1] ?? []);
  const isAll = lines.every((line) => setting.test(line) || guard.test(line));
  return names.length > 0 && isAll && names.every(concernsFew) ? { path, digest, names } : null;
}

const setting = /^export (\w+)=[\w.-]*$/;
/** Blank lines, comments, and a `case` that ends the build with a message. */
const guard = /^(#.*|case \$\{?\w+(:-)?\}? in|[\w*| ]+\)|echo "[^"`(]*" >&2|exit 1|;;|esac|)$/;

/** Sorted, so that the digest does not depend on the file system; of directories those that are laid over the image. */
async function pathsBelow(directory: string, prefix: string): Promise<readonly string[]> {
  const entries = await readdir(join(directory, prefix), { withFileTypes: true });
  const found: string[] = [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
    if (!entry.isDirectory() || ofImage.test(path)) found.push(path);
    if (entry.isDirectory()) found.push(...(await pathsBelow(directory, path)));
  }
  return found;
}

/** What was read stays known as long as nothing touches the file: the directory is digested several times in a build. */
const known = new Map<string, { readonly identity: string; readonly found: Found }>();

async function readEntry(hooks: string, path: string): Promise<Found> {
  const file = join(hooks, path);
  // At once: hundreds of promises take longer than the calls themselves.
  const status = lstatSync(file, { bigint: true });
  if (status.isSymbolicLink()) return readLink(file, path);
  const mode = (Number(status.mode) & 0o7777).toString(8);
  if (status.isDirectory())
    return stamped({ path, stamp: `directory ${mode}`, text: '', isExecutable: false });
  const { ino, size, mtimeNs, ctimeNs } = status;
  const identity = [ino, mode, size, mtimeNs, ctimeNs].join(' ');
  const before = known.get(file);
  if (before?.identity === identity) return before.found;
  const content = await readFile(file);
  const stamp = `${mode} ${hashOf(content)}`;
  const canRun = isExecutable({ mode: Number(status.mode) });
  const found = stamped({ path, stamp, text: textOf(content), isExecutable: canRun });
  known.set(file, { identity, found });
  return found;
}

/** A link is what it leads to, also outside of the directory; those of `static` are about the image's own files. */
async function readLink(file: string, path: string): Promise<Found> {
  const there = ofImage.test(path) ? null : await stat(file).catch(() => null);
  const content = there?.isFile() === true ? await readFile(file) : null;
  const target = `link ${await readlink(file)}`;
  const stamp = content === null ? target : `${target} ${hashOf(content)}`;
  const canRun = there !== null && content !== null && isExecutable(there);
  return stamped({ path, stamp, text: content === null ? '' : textOf(content), isExecutable: canRun });
}

const stamped = (found: Omit<Found, 'digest'>): Found => ({
  ...found,
  digest: hashOf(`${found.path}\0${found.stamp}\0`),
});

/** Of what is larger no one has written the text. */
const LARGEST_TEXT = 1024 * 1024;

const textOf = (content: Buffer): string => (content.length > LARGEST_TEXT ? '' : content.toString('latin1'));

const hashOf = (content: Buffer | string): string => createHash('sha256').update(content).digest('hex');

const isExecutable = ({ mode }: Pick<Stats, 'mode'>): boolean => (mode & 0o111) !== 0;

const isHookName = (path: string): boolean => hookNames().test(basename(path));

function isInPhase(path: string): boolean {
  const [phase = '', name, ...deeper] = path.split('/');
  return isPhaseName(phase) && name !== undefined && deeper.length === 0;
}
