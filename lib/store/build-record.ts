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
  /** @param tables Parts that many steps share, as the files of the hooks directory. */
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

/** As stored: what steps have in common is in tables. */
type StoredRecord = Omit<BuildRecord, 'steps'> & {
  readonly tables: readonly Readonly<Record<string, string>>[];
  readonly steps: readonly (Omit<RecordedStep, 'parts'> & { readonly parts: readonly number[] })[];
};

type Table = Readonly<Record<string, string>>;

export async function openBuildRecord(store: Store, build: RecordedBuild): Promise<BuildRecorder> {
  const show = await valueShower(store, build.environment);
  const startedAt = Date.now();
  const tables = collectTables();
  const steps = new Map<string, Collected>();
  return {
    key: ({ title, key, parts, details = [] }) => {
      const own = tables.add(shownParts(parts, show));
      const answer = { kind: 'made', because: 'unkeyed' } as const;
      steps.set(key, { title, key, parts: [own, ...details.map(tables.addShared)], answer });
    },
    answer: (key, answer) => {
      const step = steps.get(key);
      if (step !== undefined) steps.set(key, { ...step, answer });
    },
    write: async (isDone) => {
      const { id, name, elements } = build;
      const record = {
        id,
        name,
        startedAt,
        isDone,
        elements,
        tables: tables.all,
        steps: [...steps.values()],
      };
      await writeWhole(join(store.builds, `${id}.json`), JSON.stringify(record));
      await keepLast(store);
    },
  };
}

type Collected = StoredRecord['steps'][number];

/** Every table once: most steps share all but a few lines. */
function collectTables(): {
  readonly all: readonly Table[];
  readonly add: (table: Table) => number;
  readonly addShared: (stamps: Table) => number;
} {
  const all: Table[] = [];
  const byText = new Map<string, number>();
  const byObject = new WeakMap<Table, number>();
  const add = (table: Table): number => {
    const text = JSON.stringify(table);
    const index = byText.get(text) ?? all.push(table) - 1;
    byText.set(text, index);
    return index;
  };
  const addShared = (stamps: Table): number => {
    const shown = Object.fromEntries(
      Object.entries(stamps).map(([path, stamp]) => [`file ${path}`, `#${shortened(stamp)}`]),
    );
    const index = byObject.get(stamps) ?? add(shown);
    byObject.set(stamps, index);
    return index;
  };
  return { all, add, addShared };
}

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
  return (name, value) => {
    if (digest.test(value)) return `#${value.slice(0, 16)}`;
    const bare = name.replace(/^variable /, '');
    if (isPlain(bare, value)) return `=${value}`;
    return `#${createHmac('sha256', salt).update(value).digest('hex').slice(0, 16)}`;
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
  const { tables, steps, ...build } = JSON.parse(text) as StoredRecord;
  const partsOf = (indexes: readonly number[]): Table =>
    Object.fromEntries(indexes.flatMap((index) => Object.entries(tables[index] ?? {})));
  return { ...build, steps: steps.map((step) => ({ ...step, parts: partsOf(step.parts) })) };
}
