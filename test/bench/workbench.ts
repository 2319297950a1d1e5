// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { sweep } from './sweep.ts';

/** Where a bench works; all of it is removed at the end. */
export type Workbench = {
  /** The checkout that is measured. */
  readonly root: string;
  readonly place: string;
  /** A copy of test/bench/elements that measures may change. */
  readonly elements: string;
  readonly cache: string;
  readonly outputs: string;
  /** Temporary directory and cache directory of Debian's builder. */
  readonly temporary: string;
  readonly debianCache: string;
  /** What is in nobody's way any more. */
  readonly trash: string;
};

const PREFIX = 'dib-bench-';

/** Makes a workbench in a directory, after removing those whose bench was killed. */
export function openWorkbench(root: string, directory: string): Workbench {
  for (const place of abandonedPlaces(directory)) sweep(place);
  const place = mkdtempSync(join(directory, `${PREFIX}${process.pid}-`));
  const bench = {
    root,
    place,
    elements: join(place, 'elements'),
    cache: join(place, 'cache'),
    outputs: join(place, 'out'),
    temporary: join(place, 'tmp'),
    debianCache: join(place, 'debian-cache'),
    trash: join(place, 'trash'),
  };
  for (const path of [bench.outputs, bench.temporary, bench.debianCache, bench.trash]) mkdirSync(path);
  restoreElements(bench);
  return bench;
}

function abandonedPlaces(directory: string): readonly string[] {
  return readdirSync(directory)
    .filter((name) => {
      const pid = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1];
      return pid !== undefined && !existsSync(`/proc/${pid}`);
    })
    .map((name) => join(directory, name));
}

/** Elements as they are in the checkout, without what measures have changed. */
export function restoreElements({ root, elements }: Workbench): void {
  rmSync(elements, { recursive: true, force: true });
  cpSync(join(root, 'test/bench/elements'), elements, { recursive: true });
}

/** Writes a file of an element; hooks can be run. */
export function writeElementFile(bench: Workbench, path: string, text: string): void {
  const file = join(bench.elements, path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, text, { mode: 0o755 });
}

/** Downloaded packages and their lists stay; layers, finished outputs and all else that builds keep goes. */
export function keepOnlyPackages(bench: Workbench): void {
  if (!existsSync(bench.cache)) return;
  for (const name of readdirSync(bench.cache).filter((entry) => !['apt', 'debootstrap'].includes(entry)))
    setAside(bench, join(bench.cache, name));
}

/**
 * Out of the way, but not removed: for up to six minutes ext4 gives none of the inodes that were freed to new files, and
 * looks at each of them again whenever it wants one. A build right after would pay 5 s for our clearing up.
 */
export function setAside({ trash }: Workbench, path: string): void {
  if (existsSync(path)) renameSync(path, join(mkdtempSync(join(trash, 'x')), 'x'));
}

/** Best before builds that take a while and need few inodes. Once written out, freed ones are given again after a minute. */
export function emptyTrash({ trash }: Workbench): void {
  rmSync(trash, { recursive: true, force: true });
  mkdirSync(trash);
  spawnSync('sync');
}
