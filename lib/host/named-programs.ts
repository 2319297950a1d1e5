// SPDX-License-Identifier: Apache-2.0
import { createHash, randomBytes } from 'node:crypto';
import { readFile, readdir, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Programs of the host, by the words of a text. */
export type NamedPrograms = {
  /** @returns name → SHA-256 of its file, for each word that is a program's name. */
  readonly among: (words: Iterable<string>) => Promise<Readonly<Record<string, string>>>;
};

/**
 * @param path Directories to search, first ones first.
 * @param memory A file in which digests are kept for the next build: programs are large and seldom change.
 */
export function openNamedPrograms(path: readonly string[], memory: string): NamedPrograms {
  const programs = programsIn(path);
  const remembered = readMemory(memory);
  const stampsOfBuild = new Map<string, Promise<string | null>>();
  return {
    among: async (words) => {
      const files = await programs;
      const named = [...new Set(words)].sort().flatMap((word) => {
        const file = files.get(word);
        return file === undefined ? [] : [[word, file] as const];
      });
      const known = await remembered;
      const before = known.size;
      const stampOf = (file: string): Promise<string | null> => {
        const stamp = stampsOfBuild.get(file) ?? digestOnce(file, known);
        stampsOfBuild.set(file, stamp);
        return stamp;
      };
      const stamps = await Promise.all(named.map(([, file]) => stampOf(file)));
      if (known.size !== before) await writeMemory(memory, known);
      return Object.fromEntries(
        named.flatMap(([word], index) => (stamps[index] ? [[word, stamps[index]]] : [])),
      );
    },
  };
}

async function programsIn(path: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const directories = [...new Set(path)].filter((directory) => directory !== '');
  const listed = await Promise.all(directories.map((directory) => readdir(directory).catch(() => [])));
  const found = new Map<string, string>();
  listed.forEach((names, index) => {
    for (const name of names) if (!found.has(name)) found.set(name, join(directories[index] ?? '', name));
  });
  return found;
}

type Memory = Map<string, string>;

/** A file that has kept its number, size and both times has kept its bytes. Null: no file that can be run. */
async function digestOnce(file: string, known: Memory): Promise<string | null> {
  const status = await stat(file, { bigint: true }).catch(() => null);
  if (status?.isFile() !== true || (status.mode & 0o111n) === 0n) return null;
  const { dev, ino, size, mtimeNs, ctimeNs } = status;
  const identity = [file, dev, ino, size, mtimeNs, ctimeNs].join(' ');
  const before = known.get(identity);
  if (before !== undefined) return before;
  const content = await readFile(file).catch(() => null);
  if (content === null) return null;
  const digest = createHash('sha256').update(content).digest('hex');
  known.set(identity, digest);
  return digest;
}

const readMemory = (file: string): Promise<Memory> =>
  readFile(file, 'utf8').then(
    (text) => new Map(text.split('\n').map((line): [string, string] => [line.slice(65), line.slice(0, 64)])),
    () => new Map<string, string>(),
  );

/** What was known of files that have changed since goes when there is too much of it. */
async function writeMemory(file: string, known: Memory): Promise<void> {
  const lines = [...known].slice(-MOST_KNOWN).map(([identity, digest]) => `${digest} ${identity}`);
  const temporary = `${file}.${randomBytes(4).toString('hex')}`;
  await writeFile(temporary, lines.join('\n'));
  await rename(temporary, file);
}

const MOST_KNOWN = 2000;
