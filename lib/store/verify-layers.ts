// SPDX-License-Identifier: Apache-2.0
import { readdir, readlink, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Removed } from '../host/collect-garbage.ts';
import type { Host } from '../host/host.ts';
import { hostPath } from '../model/brands.ts';
import type { Store } from '../model/store-paths.ts';
import type { StoredLayer } from './garbage.ts';
import { chooseGarbage, listStored, removeLayers, totalBytes } from './garbage.ts';
import type { StoredArtifact } from './artifacts.ts';
import { listArtifacts } from './artifacts.ts';
import { contentDigest } from './content-digest.ts';
import { verifyContents } from './layer-contents.ts';
import type { FileList } from './layer-files.ts';
import { presentFiles, recordedFiles } from './layer-files.ts';
import { readEntry, treeOf } from './layers.ts';

/** What is known of one layer or artifact after looking at all of it. */
export type Verdict = {
  readonly id: string;
  readonly title: string;
  /** Why it is damaged; none: it is as it was made. */
  readonly damage: readonly string[];
  /** The digests of its contents were not known before, and are now. */
  readonly isNewlyRecorded: boolean;
};

/** Looks at every layer and artifact, one after the other, and tells of each. The caller holds the store's lock at least shared. */
export async function verifyLayers(
  host: Host,
  store: Store,
  tell: (verdict: Verdict) => void,
): Promise<readonly StoredLayer[]> {
  const damaged: StoredLayer[] = [];
  const artifacts = new Map((await listArtifacts(store)).map((artifact) => [artifact.key, artifact]));
  for (const layer of await listStored(store)) {
    const artifact = layer.kind === 'artifact' ? artifacts.get(layer.id) : undefined;
    const verdict =
      artifact === undefined ? await verifyLayer(host, store, layer) : await verifyArtifact(artifact);
    tell(verdict);
    if (verdict.damage.length > 0) damaged.push(layer);
  }
  for (const key of await keysLeadingAstray(store))
    tell({
      id: key,
      title: `key ${key.slice(0, 16)}`,
      damage: ['leads to no layer of its own'],
      isNewlyRecorded: false,
    });
  return damaged;
}

/** Removes the damaged, and what is of no use without them. The caller holds the store's lock exclusively. */
export async function removeDamaged(store: Store, damaged: readonly StoredLayer[]): Promise<Removed> {
  await removeLayers(store, damaged);
  for (const key of await keysLeadingAstray(store)) await rm(join(store.keys, key), { force: true });
  const useless = chooseGarbage(await listStored(store), { limitBytes: Infinity, usedSince: 0 });
  await removeLayers(store, useless);
  const removed = [...damaged, ...useless];
  const layers = removed.filter(({ kind }) => kind === 'layer').length;
  return { layers, artifacts: removed.length - layers, bytes: totalBytes(removed) };
}

async function verifyLayer(host: Host, store: Store, { id, title }: StoredLayer): Promise<Verdict> {
  const directory = hostPath(join(store.layers, id));
  const entry = await readEntry(store, id);
  const about = { id, title, isNewlyRecorded: false };
  if (entry === null) return { ...about, damage: ['entry.json cannot be read'] };
  if (!(await isDirectory(join(store.layers, treeOf(id)))))
    return { ...about, damage: ['its files are gone'] };
  if (entry.below !== null && !(await isDirectory(join(store.layers, entry.below))))
    return { ...about, damage: ['the layer that it was made on is gone'] };
  const listed = await recordedFiles(directory);
  const changed = listed === null ? [] : differences(listed, await presentFiles(host, directory));
  if (changed.length > 0) return { ...about, damage: changed };
  const { damage, isNewlyRecorded } = await verifyContents(directory);
  return { ...about, damage, isNewlyRecorded };
}

/** Of a directory nothing is recorded: it is only used in the boot that it was made in. */
async function verifyArtifact({ key, entry, file }: StoredArtifact): Promise<Verdict> {
  const isDamaged =
    entry.digest !== null && (await contentDigest(file).catch(() => 'unreadable')) !== entry.digest;
  const damage = isDamaged ? ['its content differs'] : [];
  return { id: key.slice(0, 16), title: entry.title, damage, isNewlyRecorded: false };
}

function differences(listed: FileList, present: FileList): readonly string[] {
  const paths = [...new Set([...listed.keys(), ...present.keys()])].filter(
    (path) => listed.get(path) !== present.get(path),
  );
  return paths.sort().map((path) => `/${path}: ${whatDiffers(listed.get(path), present.get(path))}`);
}

function whatDiffers(before: string | undefined, now: string | undefined): string {
  if (before === undefined) return 'was added';
  if (now === undefined) return 'is gone';
  const [old, fresh] = [before.split(' '), now.split(' ')];
  return fields.filter((_, index) => old[index] !== fresh[index]).join(', ');
}

/** In the order in which `layer-files.ts` says them. */
const fields = ['kind', 'mode', 'owner', 'group', 'size', 'time', 'link'];

/** Links without a layer, or to one that was made for another key. */
async function keysLeadingAstray(store: Store): Promise<readonly string[]> {
  const keys = await readdir(store.keys).catch(() => []);
  const astray: string[] = [];
  for (const key of keys) {
    const id = basename(await readlink(join(store.keys, key)).catch(() => ''));
    const entry = id === '' ? null : await readEntry(store, id);
    const isUnreadable = entry === null && (await isDirectory(join(store.layers, id)));
    if (!isUnreadable && entry?.key !== key) astray.push(key);
  }
  return astray;
}

const isDirectory = (path: string): Promise<boolean> =>
  stat(path).then(
    (status) => status.isDirectory(),
    () => false,
  );
