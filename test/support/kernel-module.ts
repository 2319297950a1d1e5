// SPDX-License-Identifier: Apache-2.0

export type ModuleContent = {
  /** As in `firmware=a.bin`, `alias=pci:*`. */
  readonly information?: readonly string[];
  readonly exports?: readonly string[];
  readonly imports?: readonly string[];
};

/** A kernel module as kmod sees it: an ELF object whose sections say what it is, what it has and what it needs. */
export function kernelModule({ information = [], exports = [], imports = [] }: ModuleContent): Buffer {
  const strings = stringsOf(imports);
  const sections: readonly Section[] = [
    { name: '', type: 0, content: Buffer.alloc(0) },
    { name: '.modinfo', type: 1, content: textsOf(['license=GPL', ...information]) },
    { name: '__ksymtab_strings', type: 1, content: textsOf(exports) },
    { name: '.symtab', type: 2, content: symbolsOf(strings.offsets), link: 4, entryBytes: 24 },
    { name: '.strtab', type: 3, content: strings.content },
  ];
  return elfObject(sections);
}

type Section = {
  readonly name: string;
  readonly type: number;
  readonly content: Buffer;
  readonly link?: number;
  readonly entryBytes?: number;
};

const textsOf = (texts: readonly string[]): Buffer => Buffer.from(texts.map((text) => `${text}\0`).join(''));

type Strings = { readonly content: Buffer; readonly offsets: readonly number[] };

/** Of a string table, which begins with an empty string. */
function stringsOf(texts: readonly string[]): Strings {
  const before = texts.map((_, index) => textsOf(['', ...texts.slice(0, index)]).length);
  return { content: textsOf(['', ...texts]), offsets: before };
}

/** Undefined symbols, behind the one that every table begins with. */
function symbolsOf(names: readonly number[]): Buffer {
  const table = Buffer.alloc(24 * (names.length + 1));
  for (const [index, name] of names.entries()) {
    table.writeUInt32LE(name, 24 * (index + 1));
    table.writeUInt8(0x10, 24 * (index + 1) + 4);
  }
  return table;
}

function elfObject(named: readonly Section[]): Buffer {
  const names = stringsOf([...named.map(({ name }) => name), '.shstrtab']);
  const sections = [...named, { name: '.shstrtab', type: 3, content: names.content }];
  const header = Buffer.alloc(64);
  const table = Buffer.alloc(64 * sections.length);
  let offset = header.length;
  for (const [index, { type, content, link = 0, entryBytes = 0 }] of sections.entries()) {
    const at = 64 * index;
    table.writeUInt32LE(names.offsets[index] ?? 0, at);
    table.writeUInt32LE(type, at + 4);
    table.writeBigUInt64LE(BigInt(offset), at + 24);
    table.writeBigUInt64LE(BigInt(content.length), at + 32);
    table.writeUInt32LE(link, at + 40);
    table.writeBigUInt64LE(1n, at + 48);
    table.writeBigUInt64LE(BigInt(entryBytes), at + 56);
    offset += content.length;
  }
  header.write('\x7fELF\x02\x01\x01', 'latin1');
  header.writeUInt16LE(1, 16);
  header.writeUInt16LE(62, 18);
  header.writeUInt32LE(1, 20);
  header.writeBigUInt64LE(BigInt(offset), 40);
  header.writeUInt16LE(64, 52);
  header.writeUInt16LE(64, 58);
  header.writeUInt16LE(sections.length, 60);
  header.writeUInt16LE(sections.length - 1, 62);
  return Buffer.concat([header, ...sections.map(({ content }) => content), table]);
}
