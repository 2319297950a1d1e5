// SPDX-License-Identifier: Apache-2.0
import type { DlopenNotes } from './dlopen-notes.ts';
import { readDlopenNotes } from './dlopen-notes.ts';
import type { ElfBytes } from './elf-bytes.ts';
import { DamagedElf, openElf, textIn } from './elf-bytes.ts';
import type { Segment } from './elf-tables.ts';
import { readSegments, segmentTypes } from './elf-tables.ts';

/** What machine a file is for; a program and its libraries have it in common. */
export type ElfFormat = {
  readonly bits: 32 | 64;
  readonly byteOrder: 'little' | 'big';
  /** The number of its processor, EM_… of elf.h. */
  readonly machine: number;
};

/** What an ELF file says of other files. Where it is damaged, it says nothing. */
export type ElfFile = ElfFormat &
  DynamicSection &
  DlopenNotes & {
    /** The program that loads it: the dynamic linker. Null for libraries and static programs. */
    readonly interpreter: string | null;
    /** Why it cannot be used; null for a sound file. */
    readonly damage: string | null;
  };

type DynamicSection = {
  readonly soname: string | null;
  /** Names or paths of the libraries it is linked with. */
  readonly needed: readonly string[];
  /** Directories to search, as they are written: with `$ORIGIN` and its like. */
  readonly rpath: readonly string[];
  readonly runpath: readonly string[];
};

/** Reads an ELF file as the dynamic linker does, by its program headers. Null: it is none. */
export function readElf(bytes: Uint8Array): ElfFile | null {
  const elf = openElf(bytes);
  if (elf === null) return null;
  const format = { bits: elf.bits, byteOrder: elf.byteOrder, machine: elf.half(machineAt) };
  try {
    return { ...format, ...readContent(elf), damage: null };
  } catch (error) {
    if (!(error instanceof DamagedElf)) throw error;
    return { ...format, ...noContent, damage: error.message };
  }
}

/** Whether the one can be loaded into a process of the other. */
export const isSameFormat = (a: ElfFormat, b: ElfFormat): boolean =>
  a.bits === b.bits && a.byteOrder === b.byteOrder && a.machine === b.machine;

const machineAt = 18;

const noDynamicSection: DynamicSection = { soname: null, needed: [], rpath: [], runpath: [] };

const noContent = { ...noDynamicSection, interpreter: null, dlopen: [], unreadableDlopenNotes: 0 };

function readContent(elf: ElfBytes): Omit<ElfFile, keyof ElfFormat | 'damage'> {
  const segments = readSegments(elf);
  const contentOf = (type: number): Uint8Array | undefined =>
    segments.filter((segment) => segment.type === type).map(({ offset, size }) => elf.part(offset, size))[0];
  // What is to be loaded has to be there: a file that was cut short is noticed here, not when it runs.
  for (const { offset, size } of loaded(segments)) elf.part(offset, size);
  const interpreter = contentOf(segmentTypes.interpreter);
  return {
    interpreter: interpreter === undefined ? null : textIn(interpreter, 0),
    ...readDynamicSection(elf, segments),
    ...readDlopenNotes(elf, segments),
  };
}

const loaded = (segments: readonly Segment[]): readonly Segment[] =>
  segments.filter(({ type }) => type === segmentTypes.load);

/** DT_… of elf(5). */
const tags = { end: 0, needed: 1, texts: 5, textsBytes: 10, soname: 14, rpath: 15, runpath: 29 } as const;

/** More than any program has; without an end, a hostile file could have the same long name a million times. */
const mostNeeded = 4096;

function readDynamicSection(elf: ElfBytes, segments: readonly Segment[]): DynamicSection {
  const section = segments.find(({ type }) => type === segmentTypes.dynamic);
  if (section === undefined) return noDynamicSection;
  const rows = readRows(elf, section);
  const valuesOf = (tag: number): readonly number[] =>
    rows.filter((row) => row.tag === tag).map(({ value }) => value);
  if (valuesOf(tags.needed).length > mostNeeded)
    throw new DamagedElf(`it names more than ${mostNeeded} libraries`);
  const [address, size] = [valuesOf(tags.texts)[0], valuesOf(tags.textsBytes)[0]];
  // A static program that can be loaded anywhere has a dynamic section, and may have no text in it.
  if (address === undefined || size === undefined) return noDynamicSection;
  const texts = elf.part(offsetOf(address, segments), size);
  const textsOf = (tag: number): readonly string[] => valuesOf(tag).map((offset) => textIn(texts, offset));
  return {
    soname: textsOf(tags.soname)[0] ?? null,
    needed: textsOf(tags.needed),
    rpath: textsOf(tags.rpath).flatMap(directoriesIn),
    runpath: textsOf(tags.runpath).flatMap(directoriesIn),
  };
}

type Row = { readonly tag: number; readonly value: number };

function readRows(elf: ElfBytes, { offset, size }: Segment): readonly Row[] {
  const width = elf.bits / 8;
  const rows: Row[] = [];
  for (let at = offset; at + 2 * width <= offset + size; at += 2 * width) {
    const row = { tag: elf.address(at), value: elf.address(at + width) };
    if (row.tag === tags.end) break;
    rows.push(row);
  }
  return rows;
}

function offsetOf(address: number, segments: readonly Segment[]): number {
  const segment = loaded(segments).find((one) => one.address <= address && address < one.address + one.size);
  if (segment === undefined) throw new DamagedElf('its dynamic section names a place that is not in it');
  return segment.offset + address - segment.address;
}

const directoriesIn = (text: string): readonly string[] => text.split(':').filter((word) => word !== '');
