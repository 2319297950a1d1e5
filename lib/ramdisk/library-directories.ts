// SPDX-License-Identifier: Apache-2.0
import { posix } from 'node:path';
import { globPattern } from '../model/glob-pattern.ts';
import type { ElfFormat } from './elf.ts';
import type { FoundFile, TreeReader } from './tree-reader.ts';

/** What /etc/ld.so.conf says. */
export type LoaderConfiguration = {
  /** Directories of libraries, in the order they are searched. */
  readonly directories: readonly string[];
  /** The files that say so. */
  readonly files: readonly FoundFile[];
};

/** Reads /etc/ld.so.conf and what it includes; patterns are those of a shell. */
export function readLoaderConfiguration(reader: TreeReader): LoaderConfiguration {
  const directories = new Set<string>();
  const files: FoundFile[] = [];
  const readFile = (path: string): void => {
    const found = reader.find(path);
    if (found?.kind !== 'file' || files.some((file) => file.path === found.path)) return;
    files.push(found);
    for (const line of linesOf(Buffer.from(reader.read(found.path)).toString())) {
      const patterns = /^include\s+(.*)$/.exec(line)?.[1];
      if (patterns !== undefined) {
        for (const pattern of patterns.split(/\s+/))
          for (const included of pathsLike(reader, posix.resolve(posix.dirname(path), pattern)))
            readFile(included);
      } else if (line.startsWith('/')) directories.add(posix.normalize(line).replace(/(?<=.)\/$/, ''));
    }
  };
  readFile('/etc/ld.so.conf');
  return { directories: [...directories], files };
}

/** Directories that the dynamic linker searches unasked: those of the processor first, as multiarch has them. */
export function defaultDirectories(format: ElfFormat): readonly string[] {
  return libraryDirectories(format).flatMap((directory) => [`/${directory}`, `/usr/${directory}`]);
}

/** What a directory or path means in an object that names it: all that its `$ORIGIN`, `$LIB` and `$PLATFORM` can be. */
export function expandDirectory(
  text: string,
  { origin, elf }: { readonly origin: string; readonly elf: ElfFormat },
): readonly string[] {
  const platforms = text.includes('PLATFORM') ? processorOf(elf).platforms : [''];
  const meanings = libraryDirectories(elf).flatMap((library) =>
    platforms.map((platform) => ({ ORIGIN: origin, LIB: library, PLATFORM: platform })),
  );
  const expanded = meanings.map((meaning) =>
    text.replaceAll(token, (_, braced: Token | undefined, bare: Token) => meaning[braced ?? bare]),
  );
  return [...new Set(expanded)];
}

type Token = 'ORIGIN' | 'LIB' | 'PLATFORM';

const token = /\$(?:\{(ORIGIN|LIB|PLATFORM)\}|(ORIGIN|LIB|PLATFORM)(?![A-Za-z0-9_]))/g;

const linesOf = (text: string): readonly string[] =>
  text.split('\n').map((line) => line.replace(/#.*/, '').trim());

/** Paths that a pattern stands for, in the order of their bytes. */
function pathsLike(reader: TreeReader, pattern: string): readonly string[] {
  return pattern
    .split('/')
    .filter((part) => part !== '')
    .reduce<readonly string[]>(
      (directories, part) => directories.flatMap((directory) => pathsIn(reader, directory, part)),
      [''],
    );
}

function pathsIn(reader: TreeReader, directory: string, part: string): readonly string[] {
  if (!/[*?[]/.test(part)) return [`${directory}/${part}`];
  const isLike = globPattern(part);
  return reader
    .namesIn(directory === '' ? '/' : directory)
    .filter((name) => isLike.test(name) && (part.startsWith('.') || !name.startsWith('.')))
    .map((name) => `${directory}/${name}`);
}

type Processor = {
  /** What Debian calls it in names of directories. */
  readonly triplets: readonly string[];
  /** What the kernel calls it, and `$PLATFORM` stands for. */
  readonly platforms: readonly string[];
};

/** What `$LIB` is, here or there. */
const libraryDirectories = (format: ElfFormat): readonly string[] => [
  ...processorOf(format).triplets.map((triplet) => `lib/${triplet}`),
  ...(format.bits === 64 ? ['lib64', 'lib'] : ['lib']),
];

const processorOf = ({ bits, byteOrder, machine }: ElfFormat): Processor =>
  processors[`${machine} ${bits} ${byteOrder}`] ?? { triplets: [], platforms: [] };

/** By machine (EM_… of elf.h), class and byte order. */
const processors: Readonly<Record<string, Processor>> = {
  '3 32 little': { triplets: ['i386-linux-gnu'], platforms: ['i686', 'i586', 'i486', 'i386'] },
  '8 32 big': { triplets: ['mips-linux-gnu'], platforms: ['mips'] },
  '8 32 little': { triplets: ['mipsel-linux-gnu'], platforms: ['mips'] },
  '8 64 little': { triplets: ['mips64el-linux-gnuabi64'], platforms: ['mips'] },
  '20 32 big': { triplets: ['powerpc-linux-gnu'], platforms: ['powerpc'] },
  '21 64 big': { triplets: ['powerpc64-linux-gnu'], platforms: ['powerpc64'] },
  '21 64 little': {
    triplets: ['powerpc64le-linux-gnu'],
    platforms: ['power10', 'power9', 'power8', 'powerpc64le'],
  },
  '22 64 big': { triplets: ['s390x-linux-gnu'], platforms: ['z16', 'z15', 'z14', 'z13', 's390x'] },
  '40 32 little': {
    triplets: ['arm-linux-gnueabihf', 'arm-linux-gnueabi'],
    platforms: ['v8l', 'v7l', 'v6l', 'v5tel'],
  },
  '62 32 little': { triplets: ['x86_64-linux-gnux32'], platforms: ['x86_64'] },
  '62 64 little': { triplets: ['x86_64-linux-gnu'], platforms: ['x86_64', 'haswell'] },
  '183 64 little': { triplets: ['aarch64-linux-gnu'], platforms: ['aarch64'] },
  '243 64 little': { triplets: ['riscv64-linux-gnu'], platforms: ['riscv64'] },
  '258 64 little': { triplets: ['loongarch64-linux-gnu'], platforms: ['loongarch'] },
};
