// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { debianCommand, environmentWith, sourcesOfBoth } from './debian-builder.ts';
import type { Run } from './measure-run.ts';
import { fortyElements } from './forty-elements.ts';
import { keepOnlyPackages, restoreElements, setAside, writeElementFile } from './workbench.ts';
import type { Workbench } from './workbench.ts';

/** What is run and measured once in each round, in this order. */
export type Measure = {
  readonly name: string;
  readonly means: string;
  readonly isDebian: boolean;
  /** The measure before it whose cache it works on; without one it brings about its own. */
  readonly after: string | null;
  /** How long it takes on two slow cores, for the estimate at the start. */
  readonly aboutSeconds: number;
  readonly times: number;
  /** Brings elements and caches into the state that is measured. */
  readonly prepare: (bench: Workbench, round: number) => void;
  readonly run: (bench: Workbench) => Run;
};

/** What both builders build. */
export const buildWords = ['debian-minimal', 'bench-packages', 'bench-last-hook'] as const;

const all = [
  {
    name: 'debian-cold',
    means: "Debian's: empty cache directory, nothing downloaded",
    isDebian: true,
    after: null,
    aboutSeconds: 140,
    prepare: (bench: Workbench) => emptyDirectory(bench, bench.debianCache),
    run: debian(),
  },
  {
    name: 'cold',
    means: 'empty cache directory: nothing downloaded, no layers',
    after: null,
    aboutSeconds: 60,
    prepare: (bench: Workbench) => emptyDirectory(bench, bench.cache),
    run: ours(...buildWords),
  },
  {
    name: 'unchanged',
    means: 'the same again',
    after: 'cold',
    aboutSeconds: 4,
    run: ours(...buildWords),
  },
  {
    name: 'last-hook',
    means: '`install.d/99-x` has another line',
    after: 'cold',
    aboutSeconds: 15,
    prepare: (bench: Workbench, round: number) =>
      writeElementFile(
        bench,
        'bench-last-hook/install.d/99-x',
        `#!/bin/bash\nset -eu\necho ${round} >/etc/bench-last-hook\n`,
      ),
    run: ours(...buildWords),
  },
  {
    name: 'package',
    means:
      '`package-installs.yaml` of `bench-last-hook` asks for a package, `tree`, that was not downloaded before',
    after: 'cold',
    aboutSeconds: 45,
    prepare: (bench: Workbench) =>
      writeElementFile(bench, 'bench-last-hook/package-installs.yaml', 'tree:\n'),
    run: ours(...buildWords),
  },
  {
    name: 'debian-again',
    means: "Debian's: the same again, on the cache directory of its cold build",
    isDebian: true,
    after: 'debian-cold',
    aboutSeconds: 135,
    run: debian(),
  },
  {
    name: 'debs',
    means: 'downloaded packages and their lists are there, layers and all else are not',
    after: 'cold',
    aboutSeconds: 60,
    prepare: keepOnlyPackages,
    run: ours(...buildWords),
  },
  {
    name: 'formats',
    means: 'as before, but `-t qcow2,raw,tar.zst,squashfs`',
    after: 'cold',
    aboutSeconds: 90,
    prepare: keepOnlyPackages,
    run: ours('-t', 'qcow2,raw,tar.zst,squashfs', ...buildWords),
  },
  {
    name: 'one-of-four',
    means: 'as before, the first of four images',
    after: 'cold',
    aboutSeconds: 60,
    prepare: (bench: Workbench) => {
      keepOnlyPackages(bench);
      writeFourImages(bench);
    },
    run: ours('debian-minimal', 'bench-packages', 'bench-image-1'),
  },
  {
    name: 'four',
    means: 'as before, four images that differ from `install.d/50-bench-image` on, by one command',
    after: 'cold',
    aboutSeconds: 150,
    prepare: (bench: Workbench) => {
      keepOnlyPackages(bench);
      writeFourImages(bench);
    },
    run: (bench: Workbench) => ({
      ...ours()(bench),
      argv: [join(bench.root, 'bin/diskimage-builder'), 'build', join(bench.place, 'four.yaml')],
    }),
  },
  {
    name: 'dry-run',
    means: '`--dry-run` of an image of forty elements',
    after: null,
    aboutSeconds: 1,
    times: 5,
    run: (bench: Workbench) => ({
      ...ours()(bench),
      argv: [join(bench.root, 'bin/disk-image-create'), '--dry-run', '-o', 'forty', ...fortyElements],
    }),
  },
] as const;

export const measures: readonly Measure[] = all.map((measure) => ({
  isDebian: false,
  times: 1,
  prepare: restoreElements,
  ...measure,
}));

/** The measures that some need, with those they come after; in the order they are run. */
export function withPreparations(names: readonly string[]): readonly Measure[] {
  const wanted = new Set(names);
  for (const { name, after } of measures.toReversed())
    if (wanted.has(name) && after !== null) wanted.add(after);
  return measures.filter(({ name }) => wanted.has(name));
}

function ours(...words: readonly string[]): (bench: Workbench) => Run {
  return (bench) => ({
    argv: [
      join(bench.root, 'bin/disk-image-create'),
      ...['--progress=json', `--image-cache=${bench.cache}`, '-o', join(bench.outputs, 'ours'), ...words],
    ],
    environment: environmentWith({
      ...sourcesOfBoth(),
      DIB_IMAGE_CACHE: bench.cache,
      ELEMENTS_PATH: bench.elements,
    }),
    cache: bench.cache,
    outputs: bench.outputs,
  });
}

function debian(): (bench: Workbench) => Run {
  return (bench) => ({
    argv: debianCommand([
      ...['--image-cache', bench.debianCache, '-o', join(bench.outputs, 'debian'), ...buildWords],
    ]),
    environment: environmentWith({
      ...sourcesOfBoth(),
      DIB_LOCKFILES: join(bench.place, 'debian-locks'),
      ELEMENTS_PATH: bench.elements,
      TMPDIR: bench.temporary,
    }),
    cache: bench.debianCache,
    outputs: bench.outputs,
  });
}

function emptyDirectory(bench: Workbench, path: string): void {
  setAside(bench, path);
  mkdirSync(path);
}

/** Small packages with few dependencies, one for each of the four images. */
const packagesOfFour = ['tree', 'less', 'psmisc', 'lsof'] as const;

function writeFourImages(bench: Workbench): void {
  restoreElements(bench);
  const entries = packagesOfFour.map((name, index) => {
    const element = `bench-image-${index + 1}`;
    const hook = `#!/bin/bash\nset -eu\ninstall-packages ${name}\necho ${element} >/etc/bench-image\n`;
    writeElementFile(bench, `${element}/install.d/50-bench-image`, hook);
    writeElementFile(bench, `${element}/element-deps`, 'package-installs\n');
    const image = join(bench.outputs, element);
    return `- imagename: ${image}\n  types: [qcow2]\n  elements: [debian-minimal, bench-packages, ${element}]\n`;
  });
  writeFileSync(join(bench.place, 'four.yaml'), entries.join(''));
}
