// SPDX-License-Identifier: Apache-2.0
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
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
  };
  for (const path of [bench.outputs, bench.temporary, bench.debianCache]) mkdirSync(path);
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
export function keepOnlyPackages({ cache }: Workbench): void {
  if (!existsSync(cache)) return;
  for (const name of readdirSync(cache).filter((entry) => !['apt', 'debootstrap'].includes(entry)))
    rmSync(join(cache, name), { recursive: true, force: true });
}
