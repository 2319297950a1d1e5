// SPDX-License-Identifier: Apache-2.0
import { beginsAsElf } from './elf-bytes.ts';
import type { ElfFile } from './elf.ts';
import { readElf } from './elf.ts';
import type { Shebang } from './shebang.ts';
import { readShebang } from './shebang.ts';
import type { FoundFile, TreeReader } from './tree-reader.ts';

/** What a file of the tree needs others for. */
export type ProgramFile =
  | { readonly kind: 'elf'; readonly elf: ElfFile }
  | { readonly kind: 'script'; readonly shebang: Shebang }
  /** It needs nothing that its first bytes would name. */
  | { readonly kind: 'other' }
  | { readonly kind: 'damaged'; readonly damage: string };

/** Tells what a file is. Each is read once. */
export type ProgramFiles = {
  readonly read: (found: FoundFile) => ProgramFile;
  /** All that were read so far, by their paths. */
  readonly known: () => ReadonlyMap<string, ProgramFile>;
};

export function programFiles(reader: TreeReader): ProgramFiles {
  const known = new Map<string, ProgramFile>();
  const read = (found: FoundFile): ProgramFile => {
    const program = known.get(found.path) ?? readProgram(reader, found);
    known.set(found.path, program);
    return program;
  };
  return { read, known: () => known };
}

/** The kernel reads no more than this of the first line of a script. */
const shebangBytes = 256;

function readProgram(reader: TreeReader, { path, kind }: FoundFile): ProgramFile {
  if (kind !== 'file') return { kind: 'other' };
  const beginning = reader.read(path, { offset: 0, length: shebangBytes });
  if (!beginsAsElf(beginning)) {
    const shebang = readShebang(beginning);
    return shebang === null ? { kind: 'other' } : { kind: 'script', shebang };
  }
  const elf = readElf(reader.read(path));
  if (elf === null) return { kind: 'damaged', damage: 'it ends within the header of an ELF file' };
  return elf.damage === null ? { kind: 'elf', elf } : { kind: 'damaged', damage: elf.damage };
}
