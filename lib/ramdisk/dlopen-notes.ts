// SPDX-License-Identifier: Apache-2.0
import type { ElfBytes } from './elf-bytes.ts';
import { DamagedElf } from './elf-bytes.ts';
import type { Segment } from './elf-tables.ts';
import { readSections, segmentTypes } from './elf-tables.ts';

/**
 * A library that a file may open while it runs, as it says in a `.note.dlopen`
 * (https://uapi-group.org/specifications/specs/elf_dlopen_metadata/).
 */
export type DlopenNote = {
  /** Names of the library, the best first: one of them is enough. */
  readonly sonames: readonly string[];
  /** What it is for, in a word; may be empty. */
  readonly feature: string;
  /** What it is for, in a sentence; may be empty. */
  readonly description: string;
  readonly priority: DlopenPriority;
};

export type DlopenPriority = 'required' | 'recommended' | 'suggested';

export type DlopenNotes = {
  readonly dlopen: readonly DlopenNote[];
  /** How many notes of this kind are not as they should be. */
  readonly unreadableDlopenNotes: number;
};

/** Notes are found in segments; in sections only where no segment has one, which some linker scripts bring about. */
export function readDlopenNotes(elf: ElfBytes, segments: readonly Segment[]): DlopenNotes {
  const inSegments = segments
    .filter(({ type }) => type === segmentTypes.note)
    .flatMap((segment) => textsOfNotes(elf, segment));
  const texts = inSegments.length > 0 ? inSegments : textsInSections(elf);
  const notes = texts.map(parseNote);
  return {
    dlopen: notes.flatMap((note) => note ?? []),
    unreadableDlopenNotes: notes.filter((note) => note === null).length,
  };
}

function textsInSections(elf: ElfBytes): readonly string[] {
  try {
    return readSections(elf)
      .filter(({ name }) => name === '.note.dlopen')
      .flatMap((section) => textsOfNotes(elf, { ...section, align: 4 }));
  } catch (error) {
    // Sections are of no use to whoever runs the file.
    if (error instanceof DamagedElf) return [];
    throw error;
  }
}

const owner = 'FDO\0';
const noteType = 0x407c0c0a;
const noteHeaderBytes = 12;

type NotesPlace = { readonly offset: number; readonly size: number; readonly align: number };

/** A note: three words (bytes of its owner, bytes of its text, its type), the owner, the text; aligned each. */
function textsOfNotes(elf: ElfBytes, { offset, size, align }: NotesPlace): readonly string[] {
  const step = align === 8 ? 8 : 4;
  const padded = (length: number): number => Math.ceil(length / step) * step;
  const texts: string[] = [];
  let next = 0;
  for (let at = 0; at + noteHeaderBytes <= size; at = next) {
    const start = offset + at;
    const [ownerBytes, textBytes] = [elf.word(start), elf.word(start + 4)];
    const text = padded(at + noteHeaderBytes + ownerBytes);
    next = padded(text + textBytes);
    if (text + textBytes > size) break;
    const isOurs = elf.word(start + 8) === noteType;
    if (isOurs && asText(elf.part(start + noteHeaderBytes, ownerBytes)) === owner)
      texts.push(asText(elf.part(offset + text, textBytes)).replace(/\0+$/, ''));
  }
  return texts;
}

const asText = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

/** An array of objects; the first version of the format had one object, with one name. */
function parseNote(text: string): readonly DlopenNote[] | null {
  const value = parseJson(text);
  const libraries = (Array.isArray(value) ? (value as readonly unknown[]) : [value]).map(parseLibrary);
  const known = libraries.flatMap((library) => library ?? []);
  return known.length === libraries.length ? known : null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function parseLibrary(value: unknown): DlopenNote | null {
  if (typeof value !== 'object' || value === null) return null;
  const { soname, feature, description, priority } = value as Readonly<Record<string, unknown>>;
  const sonames: readonly unknown[] = Array.isArray(soname) ? soname : [soname];
  if (sonames.length === 0 || !sonames.every(isName)) return null;
  return {
    sonames,
    feature: typeof feature === 'string' ? feature : '',
    description: typeof description === 'string' ? description : '',
    priority: priority === 'required' || priority === 'suggested' ? priority : 'recommended',
  };
}

const isName = (value: unknown): value is string => typeof value === 'string' && /^[^\0]+$/.test(value);
