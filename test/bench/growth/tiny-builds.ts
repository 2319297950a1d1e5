// SPDX-License-Identifier: Apache-2.0
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { environmentWith } from '../debian-builder.ts';
import type { Run } from '../measure-run.ts';
import { writeElementFile } from '../workbench.ts';
import type { Workbench } from '../workbench.ts';

/** Adds the element that the tests make their trees with: some programs of this machine and their libraries. */
export function bringTinyElement({ root, elements }: Workbench): void {
  cpSync(join(root, 'test/fixtures/elements/tiny-os'), join(elements, 'tiny-os'), { recursive: true });
}

/** Builds an image of elements alone, without what `base` brings. */
export const tinyBuild =
  (...words: readonly string[]) =>
  (bench: Workbench): Run =>
    command(bench, [
      join(bench.root, 'bin/disk-image-create'),
      ...['--progress=json', '-n', '-o', join(bench.outputs, 'grown'), ...words],
    ]);

export const listing = (bench: Workbench): Run =>
  command(bench, [join(bench.root, 'bin/diskimage-builder'), 'cache', 'ls']);

const command = (bench: Workbench, argv: readonly string[]): Run => ({
  argv,
  environment: environmentWith({ DIB_IMAGE_CACHE: bench.cache, ELEMENTS_PATH: bench.elements }),
  cache: bench.cache,
  outputs: bench.outputs,
});

/** Gives an element so many hooks, each of which writes a file; `word` makes them differ from others. */
export function writeHooks(bench: Workbench, element: string, count: number, word = ''): void {
  rmSync(join(bench.elements, element), { recursive: true, force: true });
  for (let number = 1; number <= count; number++) {
    const hook = `install.d/50-${element}-${String(number).padStart(3, '0')}`;
    writeElementFile(
      bench,
      join(element, hook),
      `#!/bin/bash\nset -eu\necho ${word} >/etc/${element}-${number}\n`,
    );
  }
}

export function writeLastHook(bench: Workbench, word: string): void {
  const hook = `#!/bin/bash\nset -eu\necho ${word} >/etc/bench-last-hook\n`;
  writeElementFile(bench, 'bench-last-hook/install.d/99-x', hook);
}

export function emptyCache({ cache }: Workbench): void {
  rmSync(cache, { recursive: true, force: true });
  mkdirSync(cache);
}

/** How many layers the store of a cache directory has. */
export function countLayers({ cache }: Workbench): number {
  const stores = join(cache, 'store');
  if (!existsSync(stores)) return 0;
  return readdirSync(stores)
    .map((kind) => join(stores, kind, 'layers'))
    .reduce((sum, layers) => sum + (existsSync(layers) ? readdirSync(layers).length : 0), 0);
}
