// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import type { CollectedPrograms } from '../../../lib/ramdisk/find-programs.ts';
import { collectPrograms, programWords } from '../../../lib/ramdisk/find-programs.ts';
import { treePath } from '../../../lib/ramdisk/program-path.ts';
import { elfFile } from '../../support/elf-file.ts';
import type { MemoryFile } from '../../support/memory-tree.ts';
import { memoryTree, without } from '../../support/memory-tree.ts';

const tree: Readonly<Record<string, MemoryFile>> = {
  '/bin': { link: 'usr/bin' },
  '/lib': { link: 'usr/lib' },
  '/etc/nsswitch.conf': 'hosts: files\n',
  '/usr/bin/bash': elfFile({ interpreter: '/lib/ld.so.2', needed: ['libtinfo.so.6', 'libc.so.6'] }),
  '/usr/bin/tool': '#!/bin/bash\n',
  '/usr/sbin/tool': { text: '#!/bin/bash\n', mode: 0o644 },
  '/usr/bin/broken': elfFile({ needed: ['libgone.so', 'libaway.so'] }),
  '/usr/bin/ip': elfFile({}),
  '/opt/own/program': elfFile({}),
  '/usr/lib/ld.so.2': elfFile({ soname: 'ld.so.2' }),
  '/usr/lib/libc.so.6': elfFile({ soname: 'libc.so.6', needed: ['ld.so.2'] }),
  '/usr/lib/libtinfo.so.6': { link: 'libtinfo.so.6.3' },
  '/usr/lib/libtinfo.so.6.3': elfFile({ soname: 'libtinfo.so.6', needed: ['libc.so.6'] }),
  '/usr/lib/libnss_files.so.2': elfFile({ soname: 'libnss_files.so.2', needed: ['libnsl.so.1'] }),
  '/usr/lib/libnsl.so.1': elfFile({ soname: 'libnsl.so.1' }),
  '/usr/share/terminfo/l/linux': 'a terminal',
};

const collect = (words: Readonly<Record<string, string>>, files = tree): CollectedPrograms =>
  collectPrograms(memoryTree(files), {
    words: Object.entries(words).flatMap(([name, elements]) =>
      elements.split(' ').map((wantedBy) => ({ name, wantedBy })),
    ),
    path: treePath,
    isApplet: (name) => ['ip', 'awk'].includes(name),
  });

const copy = (path: string): unknown => ({ kind: 'copy', path, from: path });

describe('programs are collected', () => {
  test('with libraries, NSS modules, settings, terminals and links, sorted', () => {
    expect(collect({ tool: 'deploy', bash: 'ramdisk', '/bin/bash': 'ramdisk' })).toEqual({
      entries: [
        { kind: 'link', path: '/bin', text: 'usr/bin' },
        copy('/etc/nsswitch.conf'),
        { kind: 'link', path: '/lib', text: 'usr/lib' },
        copy('/usr/bin/bash'),
        copy('/usr/bin/tool'),
        copy('/usr/lib/ld.so.2'),
        copy('/usr/lib/libc.so.6'),
        copy('/usr/lib/libnsl.so.1'),
        copy('/usr/lib/libnss_files.so.2'),
        { kind: 'link', path: '/usr/lib/libtinfo.so.6', text: 'libtinfo.so.6.3' },
        copy('/usr/lib/libtinfo.so.6.3'),
        copy('/usr/share/terminfo/l/linux'),
      ],
      missing: [],
      problems: [],
      notes: [],
    });
  });

  test('by path, in the tree', () => {
    expect(collect({ 'opt/own/program': 'deploy', '/usr/sbin/tool': 'deploy' })).toEqual({
      entries: [copy('/opt/own/program')],
      missing: [{ name: '/usr/sbin/tool', wantedBy: ['deploy'] }],
      problems: [],
      notes: [],
    });
  });

  test('from the tree rather than from busybox, which has what the tree has not', () => {
    expect(collect({ ip: 'ramdisk', awk: 'ramdisk' })).toEqual({
      entries: [copy('/usr/bin/ip')],
      missing: [],
      problems: [],
      notes: [],
    });
  });
});

test('what is missing is named at once, with those that want it', () => {
  expect(collect({ zap: 'two one two', memtester: 'hwburnin', ip: 'x' }).missing).toEqual([
    { name: 'memtester', wantedBy: ['hwburnin'] },
    { name: 'zap', wantedBy: ['one', 'two'] },
  ]);
});

test('without applets nothing is left to busybox', () => {
  const words = [{ name: 'awk', wantedBy: 'ramdisk' }];
  expect(collectPrograms(memoryTree(tree), { words, path: treePath }).missing).toEqual([
    { name: 'awk', wantedBy: ['ramdisk'] },
  ]);
});

test('files that programs need and that are not there are one problem', () => {
  const files = without(tree, '/usr/lib/libnsl.so.1');
  expect(collect({ broken: 'x', bash: 'x' }, files).problems).toEqual([
    {
      message: 'programs of the RAM disk need files that are not there: libaway.so, libgone.so, libnsl.so.1',
      hints: [
        'libaway.so is needed by /usr/bin/broken',
        'libgone.so is needed by /usr/bin/broken',
        'libnsl.so.1 is needed by /usr/lib/libnss_files.so.2',
        'install the packages that have them, or take what needs them out of binary-deps',
      ],
    },
  ]);
});

test('damaged files are problems', () => {
  const files = { '/bin/x': elfFile({}).subarray(0, -1) };
  expect(collect({ x: 'deploy' }, files).problems).toEqual([
    {
      message: '/bin/x cannot be used: it is cut short, or damaged',
      hints: ['install its package again'],
    },
  ]);
});

test('words of binary-deps are separated by blanks, comments left out', () => {
  expect(programWords('# all of it\n tgtd  tgtadm\t#tgt-admin\n\nnc /opt/a#b\r\n')).toEqual([
    'tgtd',
    'tgtadm',
    'nc',
    '/opt/a#b',
  ]);
  expect(programWords('')).toEqual([]);
});
