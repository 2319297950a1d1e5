// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { compareBytes } from '../../../lib/model/hook-order.ts';
import type { LibraryClosure } from '../../../lib/ramdisk/library-closure.ts';
import { libraryClosure } from '../../../lib/ramdisk/library-closure.ts';
import { dlopenNote, elfFile } from '../../support/elf-file.ts';
import type { MemoryFile } from '../../support/memory-tree.ts';
import { memoryTree, without } from '../../support/memory-tree.ts';

type Tree = Readonly<Record<string, MemoryFile>>;

const linker: Tree = {
  '/lib': { link: 'usr/lib' },
  '/lib64': { link: 'usr/lib64' },
  '/usr/lib64/ld.so.2': { link: '/lib/x86_64-linux-gnu/ld.so.2' },
  '/usr/lib/x86_64-linux-gnu/ld.so.2': elfFile({ soname: 'ld.so.2' }),
};

const dynamic = { interpreter: '/lib64/ld.so.2' };
const library = (soname: string, ...needed: readonly string[]): Uint8Array => elfFile({ soname, needed });

/** The closure of /bin/x and what else is named. */
function closureOf(tree: Tree, ...more: readonly string[]): LibraryClosure {
  const reader = memoryTree(tree);
  const files = ['/bin/x', ...more].flatMap((path) => reader.find(path) ?? []);
  return libraryClosure(reader, { files, path: ['/usr/bin', '/bin'], isApplet: (name) => name === 'awk' });
}

const pathsOf = ({ files }: LibraryClosure): readonly string[] =>
  [
    ...new Set(
      files.flatMap(({ path, links }) => [path, ...links.map((link) => `${link.path} -> ${link.text}`)]),
    ),
  ].sort(compareBytes);

const problemless = { missing: [], problems: [], notes: [] };

describe('a program brings', () => {
  test('its dynamic linker and libraries, theirs too, and the links that lead to them', () => {
    const closure = closureOf({
      ...linker,
      '/bin/x': elfFile({ ...dynamic, needed: ['liba.so.1', 'libc.so.6'] }),
      '/usr/lib/x86_64-linux-gnu/liba.so.1': { link: 'liba.so.1.2' },
      '/usr/lib/x86_64-linux-gnu/liba.so.1.2': library('liba.so.1', 'libb.so.1', 'libc.so.6'),
      '/usr/lib/libb.so.1': library('libb.so.1', 'liba.so.1'),
      '/usr/lib/x86_64-linux-gnu/libc.so.6': library('libc.so.6', 'ld.so.2'),
      '/usr/lib/x86_64-linux-gnu/libunused.so.1': library('libunused.so.1'),
    });
    expect(pathsOf(closure)).toEqual([
      '/bin/x',
      '/lib -> usr/lib',
      '/lib64 -> usr/lib64',
      '/usr/lib/libb.so.1',
      '/usr/lib/x86_64-linux-gnu/ld.so.2',
      '/usr/lib/x86_64-linux-gnu/liba.so.1 -> liba.so.1.2',
      '/usr/lib/x86_64-linux-gnu/liba.so.1.2',
      '/usr/lib/x86_64-linux-gnu/libc.so.6',
      '/usr/lib64/ld.so.2 -> /lib/x86_64-linux-gnu/ld.so.2',
    ]);
    expect(closure).toMatchObject(problemless);
  });

  test('a dynamic linker that is there already when a library asks for it by name', () => {
    const closure = closureOf({
      '/bin/x': elfFile({ interpreter: '/opt/linker', needed: ['libc.so.6'] }),
      '/lib/libc.so.6': library('libc.so.6', 'ld.so.2'),
      '/opt/linker': elfFile({ soname: 'ld.so.2' }),
    });
    expect(pathsOf(closure)).toEqual(['/bin/x', '/lib/libc.so.6', '/opt/linker']);
    expect(closure).toMatchObject(problemless);
  });

  test('nothing when it is static', () => {
    const closure = closureOf({ '/bin/x': elfFile({}), '/lib/liba.so': library('liba.so') });
    expect(pathsOf(closure)).toEqual(['/bin/x']);
    expect(closure).toMatchObject(problemless);
  });

  test('every link by which a library is asked for', () => {
    const closure = closureOf({
      '/bin/x': elfFile({ needed: ['liba.so', 'liba.so.1'] }),
      '/lib/liba.so': { link: 'liba.1' },
      '/lib/liba.so.1': { link: 'liba.1' },
      '/lib/liba.1': library('other'),
    });
    expect(pathsOf(closure)).toEqual([
      '/bin/x',
      '/lib/liba.1',
      '/lib/liba.so -> liba.1',
      '/lib/liba.so.1 -> liba.1',
    ]);
  });

  test('libraries of its class and machine only', () => {
    const needed = ['liba.so'];
    const tree: Tree = {
      '/etc/ld.so.conf': '/opt/32\n',
      '/etc/ld.so.cache': 'cache',
      '/opt/32/liba.so': elfFile({ bits: 32, machine: 3, soname: 'liba.so' }),
      '/lib64/liba.so': 'INPUT(liba.so.1)',
      '/lib/liba.so': elfFile({ soname: 'liba.so' }),
      '/bin/x': elfFile({ needed }),
      '/bin/y': elfFile({ bits: 32, machine: 3, needed }),
      '/bin/z': elfFile({ machine: 183, needed }),
    };
    expect(pathsOf(closureOf(tree))).toEqual(['/bin/x', '/lib/liba.so']);
    expect(pathsOf(closureOf(tree, '/bin/y'))).toEqual([
      '/bin/x',
      '/bin/y',
      '/etc/ld.so.cache',
      '/etc/ld.so.conf',
      '/lib/liba.so',
      '/opt/32/liba.so',
    ]);
    expect(closureOf(tree, '/bin/z').missing).toEqual([{ name: 'liba.so', neededBy: ['/bin/z'] }]);
  });

  test('no variant of a library that only some processors can use', () => {
    const closure = closureOf({
      '/bin/x': elfFile({ needed: ['liba.so'] }),
      '/lib/liba.so': library('liba.so'),
      '/lib/glibc-hwcaps/x86-64-v3/liba.so': library('liba.so'),
    });
    expect(pathsOf(closure)).toEqual(['/bin/x', '/lib/liba.so']);
  });
});

describe('libraries are searched', () => {
  const everywhere: Tree = {
    '/etc/ld.so.conf': '/usr/local/lib\n',
    '/etc/ld.so.cache': 'cache',
    '/opt/rpath/liba.so': library('liba.so'),
    '/opt/runpath/liba.so': library('liba.so'),
    '/usr/local/lib/liba.so': library('liba.so'),
    '/lib/x86_64-linux-gnu/liba.so': library('liba.so'),
    '/usr/lib/liba.so': library('liba.so'),
  };
  const foundIn = (tree: Tree): readonly string[] =>
    pathsOf(closureOf(tree)).filter((path) => path.endsWith('/liba.so'));

  test('by RPATH, /etc/ld.so.conf, and where they always are, in this order', () => {
    let tree: Tree = { ...everywhere, '/bin/x': elfFile({ needed: ['liba.so'], rpath: '/opt/rpath' }) };
    for (const expected of [
      '/opt/rpath/liba.so',
      '/usr/local/lib/liba.so',
      '/lib/x86_64-linux-gnu/liba.so',
      '/usr/lib/liba.so',
    ]) {
      expect(foundIn(tree)).toEqual([expected]);
      tree = without(tree, expected);
    }
    expect(closureOf(tree).missing).toEqual([{ name: 'liba.so', neededBy: ['/bin/x'] }]);
  });

  test('by RUNPATH, which makes RPATH void', () => {
    const x = elfFile({ needed: ['liba.so'], rpath: '/opt/rpath', runpath: '/opt/runpath' });
    expect(foundIn({ ...everywhere, '/bin/x': x })).toEqual(['/opt/runpath/liba.so']);
  });

  test('by RPATH of what led to the library that asks, unless that has a RUNPATH', () => {
    const x = elfFile({ needed: ['libb.so'], rpath: '/opt/rpath' });
    const tree = { ...everywhere, '/bin/x': x };
    expect(foundIn({ ...tree, '/opt/rpath/libb.so': library('libb.so', 'liba.so') })).toEqual([
      '/opt/rpath/liba.so',
    ]);
    const libb = elfFile({ soname: 'libb.so', needed: ['liba.so'], runpath: '/nowhere' });
    expect(foundIn({ ...tree, '/opt/rpath/libb.so': libb })).toEqual(['/usr/local/lib/liba.so']);
  });

  test('not by RUNPATH of what led to the library that asks', () => {
    const x = elfFile({ needed: ['libb.so'], runpath: '/opt/runpath' });
    const libb = library('libb.so', 'liba.so');
    expect(foundIn({ ...everywhere, '/bin/x': x, '/opt/runpath/libb.so': libb })).toEqual([
      '/usr/local/lib/liba.so',
    ]);
  });

  test('from where the program really is', () => {
    const closure = closureOf({
      '/bin/x': { link: '/opt/app/bin/x' },
      '/opt/app/bin/x': elfFile({ needed: ['liba.so'], runpath: '$ORIGIN/../lib' }),
      '/opt/app/lib/liba.so': library('liba.so'),
    });
    expect(pathsOf(closure)).toEqual([
      '/bin/x -> /opt/app/bin/x',
      '/opt/app/bin',
      '/opt/app/bin/x',
      '/opt/app/lib/liba.so',
    ]);
    expect(closure).toMatchObject(problemless);
  });

  test('through directories that .. leaves again, which come along', () => {
    const closure = closureOf({
      '/bin/x': elfFile({ needed: ['liba.so'], runpath: '/opt/empty/../lib' }),
      '/opt/empty/file': 'text',
      '/opt/lib/liba.so': library('liba.so'),
    });
    expect(pathsOf(closure)).toEqual(['/bin/x', '/opt/empty', '/opt/lib/liba.so']);
  });

  test('by path, when the name is one', () => {
    const closure = closureOf({
      '/bin/x': elfFile({ needed: ['/opt/liba.so', '$ORIGIN/libb.so', 'opt/libc.so', '/opt/libd.so'] }),
      '/opt/liba.so': library('liba.so'),
      '/bin/libb.so': library('libb.so'),
      '/opt/libc.so': library('libc.so'),
      '/lib/libd.so': library('libd.so'),
    });
    expect(pathsOf(closure)).toEqual(['/bin/libb.so', '/bin/x', '/opt/liba.so', '/opt/libc.so']);
    expect(closure.missing).toEqual([{ name: '/opt/libd.so', neededBy: ['/bin/x'] }]);
  });

  test('for each program by itself: what one loaded is no help to another', () => {
    const closure = closureOf(
      {
        '/bin/x': elfFile({ needed: ['liba.so'], rpath: '/opt/rpath' }),
        '/bin/y': elfFile({ needed: ['liba.so'] }),
        '/opt/rpath/liba.so': library('liba.so'),
      },
      '/bin/y',
    );
    expect(closure.missing).toEqual([{ name: 'liba.so', neededBy: ['/bin/y'] }]);
  });

  test('with a word when ldconfig has not run for them', () => {
    const tree = without(everywhere, '/etc/ld.so.cache');
    const closure = closureOf({ ...tree, '/bin/x': elfFile({ needed: ['liba.so'] }) });
    expect(pathsOf(closure)).toEqual(['/bin/x', '/etc/ld.so.conf', '/usr/local/lib/liba.so']);
    expect(closure.notes).toEqual([
      '/usr/local/lib/liba.so will not be found: /etc/ld.so.cache is missing, run ldconfig',
    ]);
  });
});

describe('libraries that notes name', () => {
  const opening = (...libraries: readonly unknown[]): Uint8Array =>
    elfFile({ needed: ['libn.so'], notes: [dlopenNote(libraries)] });
  const tree: Tree = {
    '/lib/libn.so': library('libn.so'),
    '/lib/liba.so.1': library('liba.so.1', 'libdeep.so'),
    '/lib/libdeep.so': library('libdeep.so'),
    '/lib/libs.so': library('libs.so'),
  };

  test('come along with theirs, but for those that are only suggested', () => {
    const x = opening(
      { soname: ['liba.so.2', 'liba.so.1'], priority: 'required' },
      { soname: ['libs.so'], priority: 'suggested' },
    );
    const closure = closureOf({ ...tree, '/bin/x': x });
    expect(pathsOf(closure)).toEqual(['/bin/x', '/lib/liba.so.1', '/lib/libdeep.so', '/lib/libn.so']);
    expect(closure).toMatchObject(problemless);
  });

  test('are missing when they are required, and noted when they are recommended', () => {
    const x = opening(
      { soname: ['libm.so.2', 'libm.so.1'], priority: 'required' },
      { soname: ['libr.so'], description: 'Reads more' },
      { soname: ['libq.so'], feature: 'quick' },
      { soname: ['libp.so'] },
      { soname: ['libs2.so'], priority: 'suggested' },
    );
    const closure = closureOf({ ...tree, '/bin/x': x });
    expect(closure.missing).toEqual([{ name: 'libm.so.2 or libm.so.1', neededBy: ['/bin/x'] }]);
    expect(closure.notes).toEqual([
      'libp.so is left out: /bin/x recommends it, but it is not there',
      'libq.so is left out: /bin/x recommends it (quick), but it is not there',
      'libr.so is left out: /bin/x recommends it (Reads more), but it is not there',
    ]);
  });

  test('are unknown when the note cannot be read, which is noted', () => {
    const x = elfFile({ notes: [{ owner: 'FDO', type: 0x407c0c0a, text: '[' }] });
    expect(closureOf({ '/bin/x': x }).notes).toEqual([
      '/bin/x says in a way that cannot be read which libraries it opens (.note.dlopen)',
    ]);
  });
});

describe('a script brings', () => {
  test('its interpreter, and what that needs', () => {
    const closure = closureOf({
      ...linker,
      '/bin/x': '#!/bin/sh\n',
      '/bin/sh': { link: 'dash' },
      '/bin/dash': elfFile({ ...dynamic, needed: ['libc.so.6'] }),
      '/usr/lib/libc.so.6': library('libc.so.6'),
    });
    expect(pathsOf(closure)).toEqual([
      '/bin/dash',
      '/bin/sh -> dash',
      '/bin/x',
      '/lib -> usr/lib',
      '/lib64 -> usr/lib64',
      '/usr/lib/libc.so.6',
      '/usr/lib/x86_64-linux-gnu/ld.so.2',
      '/usr/lib64/ld.so.2 -> /lib/x86_64-linux-gnu/ld.so.2',
    ]);
  });

  test('what env looks for, even when that is a script', () => {
    const closure = closureOf({
      '/bin/x': '#!/usr/bin/env -S tool --fast\n',
      '/usr/bin/env': elfFile({}),
      '/usr/bin/tool': '#!/bin/x\n',
    });
    expect(pathsOf(closure)).toEqual(['/bin/x', '/usr/bin/env', '/usr/bin/tool']);
    expect(closure).toMatchObject(problemless);
  });

  test('nothing more where busybox runs it, which is noted', () => {
    const closure = closureOf({ '/bin/x': '#!/usr/bin/awk -f\n' });
    expect(pathsOf(closure)).toEqual(['/bin/x']);
    expect(closure).toMatchObject({
      ...problemless,
      notes: ['/bin/x is run by /usr/bin/awk, which is left to busybox'],
    });
  });
});

test('all that is missing is named at once, with all that need it', () => {
  const closure = closureOf(
    {
      '/bin/x': elfFile({ ...dynamic, needed: ['liba.so', 'libgone.so'] }),
      '/bin/y': elfFile({ needed: ['liba.so', 'libgone.so'] }),
      '/bin/z': '#!/usr/bin/env python9\n',
      '/lib/liba.so': library('liba.so', 'libgone.so', 'libdeep.so'),
    },
    '/bin/y',
    '/bin/z',
  );
  expect(closure.missing).toEqual([
    { name: '/lib64/ld.so.2', neededBy: ['/bin/x'] },
    { name: '/usr/bin/env', neededBy: ['/bin/z'] },
    { name: 'libdeep.so', neededBy: ['/lib/liba.so'] },
    { name: 'libgone.so', neededBy: ['/bin/x', '/bin/y', '/lib/liba.so'] },
    { name: 'python9', neededBy: ['/bin/z'] },
  ]);
});

test('damaged files are problems', () => {
  const whole = elfFile({ needed: ['liba.so'] });
  const closure = closureOf(
    {
      '/bin/x': whole.subarray(0, -1),
      '/bin/y': whole,
      '/bin/z': whole.subarray(0, 10),
      '/lib/liba.so': library('liba.so').subarray(0, -9),
    },
    '/bin/y',
    '/bin/z',
  );
  const hints = ['install its package again'];
  expect(closure.problems).toEqual([
    { message: '/bin/x cannot be used: it is cut short, or damaged', hints },
    { message: '/bin/z cannot be used: it ends within the header of an ELF file', hints },
    { message: '/lib/liba.so cannot be used: it is cut short, or damaged', hints },
  ]);
});
