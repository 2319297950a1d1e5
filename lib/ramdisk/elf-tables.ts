// SPDX-License-Identifier: Apache-2.0
import type { ElfBytes } from './elf-bytes.ts';
import { DamagedElf, textIn } from './elf-bytes.ts';

/** A row of the program headers. Sizes in bytes, as they are in the file. */
export type Segment = {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly size: number;
  readonly align: number;
};

/** PT_LOAD, PT_DYNAMIC, PT_INTERP and PT_NOTE of elf(5). */
export const segmentTypes = { load: 1, dynamic: 2, interpreter: 3, note: 4 } as const;

/** @throws DamagedElf when they are not all there. */
export function readSegments(elf: ElfBytes): readonly Segment[] {
  const at = places[elf.bits];
  const table = elf.address(at.segments);
  const rowBytes = elf.half(at.segmentBytes);
  const count = elf.half(at.segmentCount);
  if (count > 0 && rowBytes < at.segment.bytes) throw new DamagedElf('its program headers are too small');
  return Array.from({ length: count }, (_, row) => {
    const start = table + row * rowBytes;
    return {
      type: elf.word(start),
      offset: elf.address(start + at.segment.offset),
      address: elf.address(start + at.segment.address),
      size: elf.address(start + at.segment.size),
      align: elf.address(start + at.segment.align),
    };
  });
}

/** A row of the section headers. */
export type Section = { readonly name: string; readonly offset: number; readonly size: number };

/** None when they were stripped. @throws DamagedElf when they are not all there. */
export function readSections(elf: ElfBytes): readonly Section[] {
  const at = places[elf.bits];
  const table = elf.address(at.sections);
  const rowBytes = elf.half(at.sectionBytes);
  const count = elf.half(at.sectionCount);
  if (table === 0 || count === 0) return [];
  const placeOf = (
    row: number,
  ): { readonly name: number; readonly offset: number; readonly size: number } => {
    const start = table + row * rowBytes;
    return {
      name: elf.word(start),
      offset: elf.address(start + at.section.offset),
      size: elf.address(start + at.section.size),
    };
  };
  const namesAt = placeOf(elf.half(at.sectionNames));
  const names = elf.part(namesAt.offset, namesAt.size);
  return Array.from({ length: count }, (_, row) => {
    const { name, offset, size } = placeOf(row);
    return { name: textIn(names, name), offset, size };
  });
}

/** Where things are, in files of either class: in the ELF header, in a program header, in a section header (elf(5)). */
const places = {
  32: {
    segments: 28,
    segmentBytes: 42,
    segmentCount: 44,
    segment: { bytes: 32, offset: 4, address: 8, size: 16, align: 28 },
    sections: 32,
    sectionBytes: 46,
    sectionCount: 48,
    sectionNames: 50,
    section: { offset: 16, size: 20 },
  },
  64: {
    segments: 32,
    segmentBytes: 54,
    segmentCount: 56,
    segment: { bytes: 56, offset: 8, address: 16, size: 32, align: 48 },
    sections: 40,
    sectionBytes: 58,
    sectionCount: 60,
    sectionNames: 62,
    section: { offset: 24, size: 32 },
  },
} as const;
