// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ignoreMissing } from '../host/file-checks.ts';
import type { HostPath } from '../model/brands.ts';
import { hostPath } from '../model/brands.ts';
import type { Store } from '../model/store-paths.ts';
import { contentDigest } from './content-digest.ts';

/** A finished output, kept: `artifacts/KEY/file` is a copy of it, `index` what its format keeps beside it, if anything. */
export type Artifact = {
  readonly key: string;
  readonly entry: ArtifactEntry;
  readonly file: HostPath;
  readonly index: HostPath;
};

export type ArtifactEntry = {
  /** File name of the output it was made as. */
  readonly title: string;
  /** The topmost layer of the tree it was made from; null: an empty tree. */
  readonly below: string | null;
  /** Outputs made in the same way from other trees or disks have the same. */
  readonly family: string;
  /** Milliseconds since the epoch. */
  readonly madeAt: number;
  /** The kernel's boot id when its content was last known to be right. */
  readonly bootId: string;
  /** What it takes on disk. */
  readonly bytes: number;
  /** As `contentDigest` makes it; null: a directory, which is only trusted in the boot it was made in. */
  readonly digest: string | null;
};

/** What a stored artifact has to be, to be trusted. */
export type ArtifactTerms = { readonly bootId: string; readonly madeAfter: number };

/**
 * The artifact of a key, or null: none is stored, or it cannot be trusted. After a restart of the machine, which may
 * have come before all was written, its content is checked once. Marks it as used now.
 */
export async function findArtifact(
  store: Store,
  key: string,
  terms: ArtifactTerms,
): Promise<Artifact | null> {
  const artifact = await readArtifact(store, key);
  if (artifact === null || artifact.entry.madeAt < terms.madeAfter) return null;
  if (artifact.entry.bootId !== terms.bootId) {
    if (!(await isWhole(artifact))) return null;
    await writeEntry(join(store.artifacts, key), { ...artifact.entry, bootId: terms.bootId });
  }
  const now = new Date();
  await utimes(entryFile(join(store.artifacts, key)), now, now);
  return artifact;
}

/** At most `most` of a family that can be trusted, those used last: what they hold may help to make another. */
export async function relatedArtifacts(
  store: Store,
  family: string,
  { terms, most }: { readonly terms: ArtifactTerms; readonly most: number },
): Promise<readonly Artifact[]> {
  const all = await listArtifacts(store);
  const related = all.filter(({ entry }) => entry.family === family).sort((a, b) => b.usedAt - a.usedAt);
  const trusted = related.slice(0, most).map(({ key }) => findArtifact(store, key, terms));
  return (await Promise.all(trusted)).filter((artifact) => artifact !== null);
}

export type StoredArtifact = Artifact & {
  /** Milliseconds since the epoch. */
  readonly usedAt: number;
};

/** Every artifact of a store that can be read. */
export async function listArtifacts(store: Store): Promise<StoredArtifact[]> {
  const keys = await readdir(store.artifacts).catch(() => []);
  const found = await Promise.all(
    keys.map(async (key) => {
      const artifact = await readArtifact(store, key);
      const used = await stat(entryFile(join(store.artifacts, key))).catch(() => null);
      return artifact === null || used === null ? [] : [{ ...artifact, usedAt: used.mtimeMs }];
    }),
  );
  return found.flat();
}

/** An artifact being kept, in the build's own directory: the caller writes `file` and may write `index`. */
export type StagedArtifact = {
  readonly directory: HostPath;
  readonly file: HostPath;
  readonly index: HostPath;
};

export async function stageArtifact(work: HostPath, key: string): Promise<StagedArtifact> {
  const directory = join(work, 'staging', key);
  await mkdir(directory, { recursive: true });
  return { directory: hostPath(directory), ...placesIn(directory) };
}

/**
 * Makes a staged artifact the answer to its key. It appears whole, by rename; one that is there already and may be used
 * by another build stays, unless it has to be replaced since it cannot be trusted.
 */
export async function commitArtifact(
  store: Store,
  staged: StagedArtifact,
  { key, entry }: Pick<Artifact, 'key' | 'entry'>,
): Promise<void> {
  await writeEntry(staged.directory, entry);
  const place = join(store.artifacts, key);
  const old = await readArtifact(store, key);
  if (old !== null && old.entry.bootId === entry.bootId && old.entry.madeAt >= entry.madeAt) return;
  // What is there goes aside first: a directory that is not empty cannot be replaced by rename.
  const aside = `${staged.directory}.old`;
  await rename(place, aside).catch(ignoreMissing);
  await rename(staged.directory, place).catch(ignoreTaken);
  await rm(aside, { recursive: true, force: true });
}

const placesIn = (directory: string): Pick<Artifact, 'file' | 'index'> => ({
  file: hostPath(join(directory, 'file')),
  index: hostPath(join(directory, 'index')),
});

const entryFile = (directory: string): string => join(directory, 'entry.json');

/** By rename, since another build may be reading it. */
async function writeEntry(directory: string, entry: ArtifactEntry): Promise<void> {
  const fresh = `${entryFile(directory)}.${randomBytes(4).toString('hex')}`;
  await writeFile(fresh, `${JSON.stringify(entry)}\n`);
  await rename(fresh, entryFile(directory));
}

async function readArtifact(store: Store, key: string): Promise<Artifact | null> {
  const directory = join(store.artifacts, key);
  try {
    const entry = JSON.parse(await readFile(entryFile(directory), 'utf8')) as ArtifactEntry;
    return { key, entry, ...placesIn(directory) };
  } catch {
    return null;
  }
}

const isWhole = async ({ file, entry }: Artifact): Promise<boolean> =>
  entry.digest !== null && (await contentDigest(file).catch(() => null)) === entry.digest;

/** Another build has put the same there a moment ago. */
function ignoreTaken(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
}
