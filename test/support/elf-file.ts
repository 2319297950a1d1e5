// SPDX-License-Identifier: Apache-2.0

/** What a small ELF file says of itself. Without more words it is a static program for x86-64. */
export type ElfShape = {
  readonly bits?: 32 | 64;
  readonly byteOrder?: 'little' | 'big';
  readonly machine?: number;
  readonly interpreter?: string;
  readonly soname?: string;
  readonly needed?: readonly string[];
  readonly rpath?: string;
  readonly runpath?: string;
  readonly notes?: readonly NoteShape[];
  /** Where notes are to be found: in a segment aligned to 4 (as ever) or 8 bytes, or in the section `.note.dlopen`. */
  readonly notesIn?: 'segment' | 'wide segment' | 'section';
};

export type NoteShape = { readonly owner: string; readonly type: number; readonly text: string };

/** A `.note.dlopen`. */
export const dlopenNote = (value: unknown): NoteShape => ({
  owner: 'FDO',
  type: 0x407c0c0a,
  text: JSON.stringify(value),
});

/** The bytes of an ELF file that is as the shape says. Its addresses are not its offsets, as in real files. */
export function elfFile(shape: ElfShape): Uint8Array {
  const { bits = 64, byteOrder = 'little', machine = 62, notesIn = 'segment', notes = [] } = shape;
  const is64 = bits === 64;
  const pack = packing(is64, byteOrder === 'little');
  const hasDynamic = [shape.soname, shape.needed, shape.rpath, shape.runpath].some(
    (one) => one !== undefined,
  );
  const hasNoteSegment = notes.length > 0 && notesIn !== 'section';
  const segmentCount = [true, shape.interpreter !== undefined, hasDynamic, hasNoteSegment].filter(
    Boolean,
  ).length;
  const headerBytes = is64 ? 64 : 52;
  const body = content(headerBytes + segmentCount * (is64 ? 56 : 32));

  const interpreter = shape.interpreter === undefined ? null : body.add(zeroEnded(shape.interpreter));
  const dynamic = hasDynamic ? addDynamic(shape, body, pack) : null;
  const align = notesIn === 'wide segment' ? 8 : 4;
  const noteBytes = Buffer.concat(notes.map((note) => packNote(note, align, pack)));
  const notePlace = notes.length > 0 ? body.add(noteBytes, 8) : null;
  const sections = notePlace !== null && notesIn === 'section' ? addSections(notePlace, body, pack) : null;

  const segments = [
    pack.segment(1, { offset: 0, size: body.size() }, 4096),
    ...(interpreter === null ? [] : [pack.segment(3, interpreter, 1)]),
    ...(dynamic === null ? [] : [pack.segment(2, dynamic, 8)]),
    ...(hasNoteSegment && notePlace !== null ? [pack.segment(4, notePlace, align)] : []),
  ];
  const header = Buffer.concat([
    Buffer.from([
      0x7f,
      0x45,
      0x4c,
      0x46,
      is64 ? 2 : 1,
      byteOrder === 'little' ? 1 : 2,
      1,
      ...Array<number>(9).fill(0),
    ]),
    pack.halves(3, machine),
    pack.words(1),
    pack.addresses(0, headerBytes, sections?.offset ?? 0),
    pack.words(0),
    pack.halves(
      headerBytes,
      is64 ? 56 : 32,
      segmentCount,
      is64 ? 64 : 40,
      sections?.count ?? 0,
      sections?.names ?? 0,
    ),
  ]);
  return Buffer.concat([header, ...segments, body.bytes()]);
}

type Place = { readonly offset: number; readonly size: number };

/** How far addresses are from offsets. */
const loadedAt = 0x40_0000;

type Packing = {
  readonly halves: (...values: readonly number[]) => Buffer;
  readonly words: (...values: readonly number[]) => Buffer;
  readonly addresses: (...values: readonly number[]) => Buffer;
  readonly segment: (type: number, place: Place, align: number) => Buffer;
};

function packing(is64: boolean, isLittle: boolean): Packing {
  const numbers =
    (bytes: 2 | 4 | 8) =>
    (...values: readonly number[]): Buffer => {
      const packed = values.map((value) => {
        const little = Buffer.alloc(8);
        little.writeBigUInt64LE(BigInt(value));
        const narrow = little.subarray(0, bytes);
        return isLittle ? narrow : narrow.reverse();
      });
      return Buffer.concat(packed);
    };
  const [halves, words, addresses] = [numbers(2), numbers(4), numbers(is64 ? 8 : 4)];
  const segment = (type: number, { offset, size }: Place, align: number): Buffer => {
    const places = [offset, loadedAt + offset, loadedAt + offset, size, size];
    return is64
      ? Buffer.concat([words(type, 4), addresses(...places, align)])
      : Buffer.concat([words(type), addresses(...places), words(4, align)]);
  };
  return { halves, words, addresses, segment };
}

/** What comes after the headers; each part is told where it has come to. */
type Content = {
  readonly add: (bytes: Uint8Array, align?: number) => Place;
  readonly size: () => number;
  readonly bytes: () => Buffer;
};

function content(start: number): Content {
  let all = Buffer.alloc(0);
  return {
    add: (bytes, align = 1) => {
      const gap = (align - ((start + all.length) % align)) % align;
      all = Buffer.concat([all, Buffer.alloc(gap), bytes]);
      return { offset: start + all.length - bytes.length, size: bytes.length };
    },
    size: () => start + all.length,
    bytes: () => all,
  };
}

const zeroEnded = (text: string): Buffer => Buffer.from(`${text}\0`);

function addDynamic(shape: ElfShape, body: Content, pack: Packing): Place {
  const rows = [
    ...(shape.needed ?? []).map((name) => ({ tag: 1, text: name })),
    ...(shape.soname === undefined ? [] : [{ tag: 14, text: shape.soname }]),
    ...(shape.rpath === undefined ? [] : [{ tag: 15, text: shape.rpath }]),
    ...(shape.runpath === undefined ? [] : [{ tag: 29, text: shape.runpath }]),
  ];
  const texts = ['', ...rows.map(({ text }) => text)].map(zeroEnded);
  const placeOf = (row: number): number => Buffer.concat(texts.slice(0, row + 1)).length;
  const { offset, size } = body.add(Buffer.concat(texts));
  return body.add(
    pack.addresses(
      ...rows.flatMap(({ tag }, row) => [tag, placeOf(row)]),
      // What stands behind the end is not read.
      ...[5, loadedAt + offset, 10, size, 0, 0, 1, 0],
    ),
    8,
  );
}

function packNote({ owner, type, text }: NoteShape, align: number, pack: Packing): Buffer {
  const [name, description] = [zeroEnded(owner), zeroEnded(text)];
  const padded = (bytes: Buffer): Buffer =>
    Buffer.concat([bytes, Buffer.alloc((align - (bytes.length % align)) % align)]);
  const header = pack.words(name.length, description.length, type);
  return Buffer.concat([padded(Buffer.concat([header, name])), padded(description)]);
}

function addSections(
  notes: Place,
  body: Content,
  pack: Packing,
): { readonly offset: number; readonly count: number; readonly names: number } {
  const names = body.add(Buffer.from('\0.note.dlopen\0.shstrtab\0'));
  const row = (name: number, type: number, { offset, size }: Place): Buffer =>
    Buffer.concat([
      pack.words(name, type),
      pack.addresses(0, 0, offset, size),
      pack.words(0, 0),
      pack.addresses(4, 0),
    ]);
  const table = Buffer.concat([row(0, 0, { offset: 0, size: 0 }), row(1, 7, notes), row(14, 3, names)]);
  return { offset: body.add(table, 8).offset, count: 3, names: 2 };
}
