// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { nssFiles, servicesIn } from '../../../lib/ramdisk/nss.ts';
import { elfFile } from '../../support/elf-file.ts';
import type { MemoryFile } from '../../support/memory-tree.ts';
import { memoryTree, without } from '../../support/memory-tree.ts';

const library = (soname: string, machine = 62): Uint8Array => elfFile({ soname, machine });

const tree: Readonly<Record<string, MemoryFile>> = {
  '/etc/nsswitch.conf': 'passwd: files systemd\nhosts: files mdns4 [NOTFOUND=return] dns\nnetgroup: nis\n',
  '/etc/protocols': 'tcp 6\n',
  '/etc/host.conf': 'multi on\n',
  '/lib/x86_64-linux-gnu/libc.so.6': { link: 'libc-2.31.so' },
  '/lib/x86_64-linux-gnu/libc-2.31.so': library('libc.so.6'),
  '/lib/x86_64-linux-gnu/libnss_files.so.2': library('libnss_files.so.2'),
  '/lib/x86_64-linux-gnu/libnss_nis.so.2': library('libnss_nis.so.2'),
  '/usr/lib/libnss_systemd.so.2': library('libnss_systemd.so.2'),
  '/lib/libnss_mdns4.so.2': library('libnss_mdns4.so.2', 183),
  '/lib/libgcc_s.so.1': library('libgcc_s.so.1'),
  '/bin/x': 'text',
};

type Paths = { readonly libraries: readonly string[]; readonly settings: readonly string[] };

function pathsOf(files: Readonly<Record<string, MemoryFile>>, ...from: readonly string[]): Paths {
  const reader = memoryTree(files);
  const { libraries, settings } = nssFiles(
    reader,
    from.flatMap((path) => reader.find(path) ?? []),
  );
  return { libraries: libraries.map(({ path }) => path), settings: settings.map(({ path }) => path) };
}

describe('with a C library among the files come', () => {
  test('the modules that there are for its machine, and the settings', () => {
    expect(pathsOf(tree, '/bin/x', '/lib/x86_64-linux-gnu/libc.so.6')).toEqual({
      libraries: [
        '/lib/x86_64-linux-gnu/libnss_files.so.2',
        '/usr/lib/libnss_systemd.so.2',
        '/lib/libgcc_s.so.1',
      ],
      settings: ['/etc/nsswitch.conf', '/etc/host.conf', '/etc/protocols'],
    });
  });

  test('files and dns where nothing is said', () => {
    const unsaid = without(tree, '/etc/nsswitch.conf');
    expect(pathsOf(unsaid, '/lib/x86_64-linux-gnu/libc.so.6')).toEqual({
      libraries: ['/lib/x86_64-linux-gnu/libnss_files.so.2', '/lib/libgcc_s.so.1'],
      settings: ['/etc/host.conf', '/etc/protocols'],
    });
  });
});

test('without one comes nothing', () => {
  expect(pathsOf(tree, '/bin/x')).toEqual({ libraries: [], settings: [] });
});

test('services are those of databases that a RAM disk asks, each once', () => {
  const text = [
    '# passwd: comment',
    'passwd:         files systemd',
    ' group : files [SUCCESS=merge] systemd # last',
    'hosts: files mdns4_minimal [NOTFOUND=return] dns [ !UNAVAIL=return UNAVAIL = continue ] myhostname',
    'services:db files',
    'netgroup: nis',
    'sudoers: sss',
    'ethers: ../../evil',
  ].join('\n');
  expect(servicesIn(text)).toEqual(['files', 'systemd', 'mdns4_minimal', 'dns', 'myhostname', 'db']);
});
