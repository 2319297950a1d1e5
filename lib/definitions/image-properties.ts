// SPDX-License-Identifier: Apache-2.0
import type { Shape } from './shapes.ts';
import { list, numberAboveNone, oneOf, text, textByName, wholeNumber, yesOrNo } from './shapes.ts';

/** Something that can be said of an image in a list of images. */
export type Property<T> = {
  readonly shape: Shape<T>;
  /** Words of disk-image-create that say the same. */
  words(value: T): readonly string[];
};

/** What the format leaves to the program that reads it. */
export type Vocabulary = {
  /** Names of the output formats that can be made. */
  readonly outputTypes: readonly string[];
};

/** Architectures by all names that the format knows them by. */
const architectures = [
  ...['aarch64', 'amd64', 'arm64', 'armhf', 'i386', 'powerpc', 'ppc64', 'ppc64el', 'ppc64le', 'riscv64'],
  ...['s390x', 'x86_64'],
];

/** Every property of the format that upstream's `diskimage-builder` reads, in the order in which their words are written. */
export const imageProperties = ({ outputTypes }: Vocabulary) =>
  ({
    imagename: option('-o', text),
    arch: option('-a', oneOf(architectures)),
    types: words(list(outputTypes), (types) => ['-t', types.join()]),
    environment: words(textByName, () => []),
    ramdisk: words(yesOrNo, () => []),
    'debug-trace': words(wholeNumber(0, 2), (count) => Array.from({ length: count }, () => '-x')),
    uncompressed: flag('-u'),
    clear: flag('-c'),
    logfile: option('--logfile', text),
    checksum: flag('--checksum'),
    'image-size': option('--image-size', numberAboveNone),
    'image-extra-size': option('--image-extra-size', wholeNumber(1)),
    'image-cache': option('--image-cache', text),
    'max-online-resize': option('--max-online-resize', wholeNumber(1)),
    'min-tmpfs': option('--min-tmpfs', wholeNumber(0)),
    'mkfs-journal-size': option('--mkfs-journal-size', wholeNumber(1)),
    'mkfs-options': option('--mkfs-options', text),
    'no-tmpfs': flag('--no-tmpfs'),
    offline: flag('--offline'),
    'qemu-img-options': words(textByName, (options) => [
      '--qemu-img-options',
      Object.entries(options)
        .map((pair) => pair.join('='))
        .join(),
    ]),
    'root-label': option('--root-label', text),
    'ramdisk-element': option('--ramdisk-element', text),
    'install-type': option('--install-type', oneOf(['source', 'package'])),
    'docker-target': option('--docker-target', text),
    packages: words(list(null), (packages) => ['-p', packages.join()]),
    'skip-base': flag('-n'),
    elements: words(list(null), asOperands),
  }) as const satisfies Record<string, Property<unknown>>;

export type PropertyName = keyof ReturnType<typeof imageProperties>;

/** None of them is an option, whatever it looks like. */
const asOperands = (elements: readonly string[]): readonly string[] =>
  elements.some((element) => element.startsWith('-')) ? ['--', ...elements] : elements;

const words = <T>(shape: Shape<T>, toWords: (value: T) => readonly string[]): Property<T> => ({
  shape,
  words: toWords,
});

const option = <T extends string | number>(name: string, shape: Shape<T>): Property<T> =>
  words(shape, (value) => [name, String(value)]);

const flag = (name: string): Property<boolean> => words(yesOrNo, (isOn) => (isOn ? [name] : []));
