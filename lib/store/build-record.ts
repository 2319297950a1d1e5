// SPDX-License-Identifier: Apache-2.0
import { createHmac, randomBytes } from 'node:crypto';
import { readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isSecretName, isWorthHiding } from '../model/secret-names.ts';
import type { Store } from '../model/store-paths.ts';
import type { Absence } from './layers.ts';

/** What the keys of one build were made of, and which of them the store answered. Kept for the last builds. */
export type BuildRecord = {
  readonly id: string;
  /** The image's. */
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly isDone: boolean;
  readonly elements: readonly string[];
  readonly steps: readonly RecordedStep[];
};

export type RecordedStep = {
  readonly title: string;
  readonly key: string;
  /** By name, as the worker's KeyParts: `=` and a value that may be shown, or `#` and a digest. */
  readonly parts: Readonly<Record<string, string>>;
  readonly answer: Answer;
};

/** `unkeyed`: it runs in every build. `left-more`: it left files outside the tree, so that its layer cannot answer. */
export type Answer =
  | { readonly kind: 'reused'; readonly id: string }
  | { readonly kind: 'made'; readonly because: Absence | 'unkeyed' | 'left-more' };

/** Collects what a build's keys are made of; written when the build ends, however it does. */
export type BuildRecorder = {
  readonly key: (step: KeyedStep) => void;
  readonly answer: (key: string, answer: Answer) => void;
  readonly write: (isDone: boolean) => Promise<void>;
};

export type KeyedStep = {
  readonly title: string;
  readonly key: string;
  readonly parts: Readonly<Record<string, string>>;
  /** What digests among the parts stand for: `file PATH` → stamp. Shared objects are stored once. */
  readonly details?: readonly Readonly<Record<string, string>>[];
};

export type RecordedBuild = Pick<BuildRecord, 'id' | 'name' | 'elements'> & {
  /** Of the build: values that look like secrets among them are never written, wherever they stand. */
  readonly environment: Readonly<Record<string, string>>;
};

/** As stored: of each step only in what it differs from the one before. */
type StoredRecord = Omit<BuildRecord, 'steps'> & {
  readonly steps: readonly (Omit<RecordedStep, 'parts'> & PartsChange)[];
};

type PartsChange = { readonly set: Table; readonly gone: readonly string[] };

type Table = Readonly<Record<string, string>>;

export async function openBuildRecord(store: Store, build: RecordedBuild): Promise<BuildRecorder> {
  const show = await valueShower(store, build.environment);
  const startedAt = Date.now();
  const steps = new Map<string, { readonly step: KeyedStep; readonly answer: Answer }>();
  return {
    key: (step) => void steps.set(step.key, { step, answer: { kind: 'made', because: 'unkeyed' } }),
    answer: (key, answer) => {
      const known = steps.get(key);
      if (known !== undefined) steps.set(key, { ...known, answer });
    },
    write: async (isDone) => {
      const { id, name, elements } = build;
      const record = { id, name, startedAt, isDone, elements, steps: storedSteps([...steps.values()], show) };
      await writeWhole(join(store.builds, `${id}.json`), JSON.stringify(record));
      await keepLast(store);
    },
  };
}

function storedSteps(
  collected: readonly { readonly step: KeyedStep; readonly answer: Answer }[],
  show: Show,
): StoredRecord['steps'] {
  const shownDetails = new Map<Table, Table>();
  const detailsOf = (stamps: Table): Table => {
    const shown = shownDetails.get(stamps) ?? shownStamps(stamps);
    shownDetails.set(stamps, shown);
    return shown;
  };
  let before: Table = {};
  return collected.map(({ step: { title, key, parts, details = [] }, answer }) => {
    const all = Object.assign({}, shownParts(parts, show), ...details.map(detailsOf)) as Table;
    const change = changeBetween(before, all);
    before = all;
    return { title, key, answer, ...change };
  });
}

const changeBetween = (before: Table, after: Table): PartsChange => ({
  set: Object.fromEntries(Object.entries(after).filter(([name, value]) => before[name] !== value)),
  gone: Object.keys(before).filter((name) => after[name] === undefined),
});

const shownStamps = (stamps: Table): Table =>
  Object.fromEntries(Object.entries(stamps).map(([path, stamp]) => [`file ${path}`, `#${shortened(stamp)}`]));

/** Of a stamp `755 DIGEST` or `link TARGET DIGEST` the digest is enough when it is short. */
const shortened = (stamp: string): string => stamp.replace(/\b([0-9a-f]{16})[0-9a-f]{48}$/, '$1');

type Show = (name: string, value: string) => string;

const shownParts = (parts: Table, show: Show): Table =>
  Object.fromEntries(Object.entries(parts).map(([name, value]) => [name, show(name, value)]));

/** Plain short values are kept as they are; of others, and of all that holds a secret, a digest only this store can make. */
async function valueShower(store: Store, environment: Table): Promise<Show> {
  const salt = await saltOf(store);
  const secrets = Object.entries(environment).flatMap(([name, value]) =>
    isSecretName(name) && isWorthHiding(value) ? [value] : [],
  );
  const isPlain = (name: string, value: string): boolean =>
    value.length <= LONGEST_SHOWN &&
    !isSecretName(name) &&
    !secrets.some((secret) => value.includes(secret)) &&
    !/:\/\/[^/\s]*@/.test(value);
  const shown = new Map<string, string>();
  const showOne: Show = (name, value) => {
    if (digest.test(value)) return `#${value.slice(0, 16)}`;
    if (isPlain(name.replace(/^variable /, ''), value)) return `=${value}`;
    return `#${createHmac('sha256', salt).update(value).digest('hex').slice(0, 16)}`;
  };
  return (name, value) => {
    const id = `${name}\0${value}`;
    const known = shown.get(id) ?? showOne(name, value);
    shown.set(id, known);
    return known;
  };
}

const LONGEST_SHOWN = 2000;
const digest = /^[0-9a-f]{64}$/;

/** Random, so that a digest does not tell a password to who guesses it. */
async function saltOf(store: Store): Promise<string> {
  const file = join(store.builds, 'salt');
  const known = await readFile(file, 'utf8').catch(() => '');
  if (known !== '') return known;
  const salt = randomBytes(32).toString('hex');
  await writeWhole(file, salt);
  return salt;
}

async function writeWhole(file: string, text: string): Promise<void> {
  const temporary = `${file}.${randomBytes(4).toString('hex')}`;
  await writeFile(temporary, text, { mode: 0o600 });
  await rename(temporary, file);
}

const KEPT_BUILDS = 50;

async function keepLast(store: Store): Promise<void> {
  for (const id of (await recordedIds(store)).slice(0, -KEPT_BUILDS))
    await rm(join(store.builds, `${id}.json`), { force: true });
}

/** The oldest first: ids begin with the time. */
async function recordedIds(store: Store): Promise<readonly string[]> {
  const names = await readdir(store.builds).catch(() => []);
  return names.flatMap((name) => /^(.+)\.json$/.exec(name)?.[1] ?? []).sort();
}

/** The last builds, the oldest first. A store without any has none. */
export async function listBuildRecords(store: Store): Promise<readonly BuildRecord[]> {
  const records = await Promise.all((await recordedIds(store)).map((id) => readBuildRecord(store, id)));
  return records.flatMap((record) => record ?? []).toSorted((a, b) => a.startedAt - b.startedAt);
}

async function readBuildRecord(store: Store, id: string): Promise<BuildRecord | null> {
  const text = await readFile(join(store.builds, `${id}.json`), 'utf8').catch(() => '');
  if (text === '') return null;
  const { steps, ...build } = JSON.parse(text) as StoredRecord;
  let before: Table = {};
  return {
    ...build,
    steps: steps.map(({ set, gone, ...step }) => {
      const kept = Object.entries(before).filter(([name]) => !gone.includes(name));
      before = { ...Object.fromEntries(kept), ...set };
      return { ...step, parts: before };
    }),
  };
}
