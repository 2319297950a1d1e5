// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import type { ElfFile } from '../../../lib/ramdisk/elf.ts';
import { isSameFormat, readElf } from '../../../lib/ramdisk/elf.ts';
import type { ElfShape } from '../../support/elf-file.ts';
import { dlopenNote, elfFile } from '../../support/elf-file.ts';

const whole: ElfShape = {
  interpreter: '/lib/ld.so.2',
  soname: 'libself.so.1',
  needed: ['libone.so.1', 'libtwo.so.2'],
  rpath: '/opt/a:$ORIGIN/../lib',
  runpath: '/opt/b::/opt/c',
  notes: [
    { owner: 'GNU', type: 1, text: 'abi' },
    dlopenNote([
      {
        soname: ['libz.so.2', 'libz.so.1'],
        feature: 'zlib',
        description: 'Reads gzip',
        priority: 'required',
      },
      { soname: ['libsuggested.so'], priority: 'suggested' },
    ]),
    { owner: 'FDO', type: 2, text: '[{"soname":["libother.so"]}]' },
  ],
};

const read: ElfFile = {
  bits: 64,
  byteOrder: 'little',
  machine: 62,
  interpreter: '/lib/ld.so.2',
  soname: 'libself.so.1',
  needed: ['libone.so.1', 'libtwo.so.2'],
  rpath: ['/opt/a', '$ORIGIN/../lib'],
  runpath: ['/opt/b', '/opt/c'],
  dlopen: [
    { sonames: ['libz.so.2', 'libz.so.1'], feature: 'zlib', description: 'Reads gzip', priority: 'required' },
    { sonames: ['libsuggested.so'], feature: '', description: '', priority: 'suggested' },
  ],
  unreadableDlopenNotes: 0,
  damage: null,
};

const nothing: ElfFile = {
  ...read,
  interpreter: null,
  soname: null,
  needed: [],
  rpath: [],
  runpath: [],
  dlopen: [],
};

describe('an ELF file is read', () => {
  test.each([
    [64, 'little', 62],
    [64, 'big', 22],
    [32, 'little', 40],
    [32, 'big', 20],
  ] as const)('of %i bits, %s endian, for machine %i', (bits, byteOrder, machine) => {
    expect(readElf(elfFile({ ...whole, bits, byteOrder, machine }))).toEqual({
      ...read,
      bits,
      byteOrder,
      machine,
    });
  });

  test.each(['segment', 'wide segment', 'section'] as const)('with notes in a %s', (notesIn) => {
    expect(readElf(elfFile({ ...whole, notesIn }))).toEqual(read);
  });

  test('static, without any of it', () => {
    expect(readElf(elfFile({}))).toEqual(nothing);
  });

  test('whatever its section headers are', () => {
    const file = elfFile({ ...whole, notesIn: 'section' });
    expect(readElf(patched(file, sectionsAt + 3, 0x7f))).toEqual({ ...read, dlopen: [] });
    expect(readElf(patched(elfFile(whole), sectionsAt + 3, 0x7f))).toEqual(read);
  });

  test('up to the first note that is longer than there is room for', () => {
    const file = elfFile(whole);
    const textBytes = Buffer.from(file).indexOf('FDO\0') - 8;
    expect(readElf(patched(file, textBytes + 3, 0x7f))).toEqual({ ...read, dlopen: [] });
    expect(readElf(patched(file, textBytes + 1, 0x01))).toEqual({ ...read, dlopen: [] });
  });

  test('from bytes that are part of a larger buffer', () => {
    const file = elfFile(whole);
    const buffer = Buffer.concat([Buffer.from('before'), file]);
    expect(readElf(buffer.subarray(6))).toEqual(read);
  });
});

describe('a note of libraries to open', () => {
  const dlopenOf = (text: string): unknown => {
    const file = readElf(elfFile({ notes: [{ owner: 'FDO', type: 0x407c0c0a, text }] }));
    return { dlopen: file?.dlopen, unreadable: file?.unreadableDlopenNotes };
  };
  const one = { sonames: ['liba.so.1'], feature: '', description: '', priority: 'recommended' };

  test('may be one object with one name, as the format was first', () => {
    expect(dlopenOf('{"soname":"liba.so.1"}')).toEqual({ dlopen: [one], unreadable: 0 });
  });

  test('recommends what it gives no priority, or one that is unknown', () => {
    expect(dlopenOf('[{"soname":["liba.so.1"]},{"soname":["liba.so.1"],"priority":"vital"}]')).toEqual({
      dlopen: [one, one],
      unreadable: 0,
    });
  });

  test.each([
    '',
    'null',
    '[1]',
    '[{"soname":[]}]',
    '[{"soname":[""]}]',
    '[{"soname":7}]',
    '[{"soname":["a"]}',
    '[{}]',
  ])('is counted when it is no such thing: %s', (text) => {
    expect(dlopenOf(text)).toEqual({ dlopen: [], unreadable: 1 });
  });
});

describe('what is no sound ELF file', () => {
  test.each([
    ['nothing', Buffer.alloc(0)],
    ['a script', Buffer.from('#!/bin/sh\n')],
    ['an unknown class', patched(elfFile(whole), 4, 3)],
    ['an unknown byte order', patched(elfFile(whole), 5, 0)],
    ['half a header', elfFile(whole).subarray(0, 63)],
  ])('is none: %s', (_, bytes) => {
    expect(readElf(bytes)).toBeNull();
  });

  test('is damaged when its end is missing, wherever it was cut', () => {
    const file = elfFile({ ...whole, notesIn: 'section' });
    for (let length = 64; length < file.length; length += 1)
      expect(readElf(file.subarray(0, length))).toEqual({
        ...nothing,
        damage: 'it is cut short, or damaged',
      });
  });

  test('is damaged when its tables name places that it has not', () => {
    const dynamic = elfFile({ needed: ['a'] });
    // The address of the texts is the value of the second row; the dynamic section is the last thing in the file.
    const address = dynamic.length - 4 * 16 + 8;
    expect(readElf(patched(dynamic, address + 3, 0x7f))?.damage).toBe(
      'its dynamic section names a place that is not in it',
    );
    expect(readElf(patched(dynamic, address - 16, 0xff))?.damage).toBe('a text in it has no end');
    expect(readElf(patched(dynamic, 54, 8))?.damage).toBe('its program headers are too small');
  });

  test('is damaged when it names thousands of libraries', () => {
    const needed = Array.from({ length: 4097 }, () => 'a');
    expect(readElf(elfFile({ needed }))?.damage).toBe('it names more than 4096 libraries');
    expect(readElf(elfFile({ needed: needed.slice(1) }))?.needed).toHaveLength(4096);
  });

  test('never throws, whichever byte is wrong', () => {
    for (const notesIn of ['segment', 'section'] as const) {
      const file = elfFile({ ...whole, notesIn });
      for (let at = 0; at < file.length; at += 1)
        for (const value of [0x00, 0x7f, 0xff]) readElf(patched(file, at, value));
    }
  });
});

test('files are of one format when class, byte order and machine agree', () => {
  const format = { bits: 64, byteOrder: 'little', machine: 62 } as const;
  expect(isSameFormat(format, { ...format })).toBe(true);
  expect(isSameFormat(format, { ...format, bits: 32 })).toBe(false);
  expect(isSameFormat(format, { ...format, byteOrder: 'big' })).toBe(false);
  expect(isSameFormat(format, { ...format, machine: 183 })).toBe(false);
});

/** Where a file for 64 bits says where its section headers are. */
const sectionsAt = 40;

function patched(file: Uint8Array, at: number, value: number): Uint8Array {
  const copy = Uint8Array.from(file);
  copy[at] = value;
  return copy;
}
