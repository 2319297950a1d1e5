// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import {
  defaultDirectories,
  expandDirectory,
  readLoaderConfiguration,
} from '../../../lib/ramdisk/library-directories.ts';
import { memoryTree } from '../../support/memory-tree.ts';

const amd64 = { bits: 64, byteOrder: 'little', machine: 62 } as const;
const armhf = { bits: 32, byteOrder: 'little', machine: 40 } as const;
const unknown = { bits: 32, byteOrder: 'big', machine: 9999 } as const;

describe('/etc/ld.so.conf', () => {
  test('names directories, and files that name more', () => {
    const tree = memoryTree({
      '/etc/ld.so.conf':
        'include /etc/ld.so.conf.d/*.conf conf/[ab]/x\n# a comment\n\n /opt/lib/  # here\nhwcap 0 nosegneg\n',
      '/etc/ld.so.conf.d/z.conf': '/opt/z\n/opt/a\n',
      '/etc/ld.so.conf.d/a.conf': '/opt/a\ninclude ../ld.so.conf\n',
      '/etc/ld.so.conf.d/.hidden.conf': '/opt/hidden\n',
      '/etc/ld.so.conf.d/README': '/opt/readme\n',
      '/etc/conf/a/x': '/opt/x\n',
      '/etc/conf/c/x': '/opt/c\n',
    });
    const { directories, files } = readLoaderConfiguration(tree);
    expect(directories).toEqual(['/opt/a', '/opt/z', '/opt/x', '/opt/lib']);
    expect(files.map(({ path }) => path)).toEqual([
      '/etc/ld.so.conf',
      '/etc/ld.so.conf.d/a.conf',
      '/etc/ld.so.conf.d/z.conf',
      '/etc/conf/a/x',
    ]);
  });

  test('may be missing', () => {
    expect(readLoaderConfiguration(memoryTree({ '/bin/sh': '' }))).toEqual({ directories: [], files: [] });
  });
});

test('directories that are searched unasked are those of the processor first', () => {
  expect(defaultDirectories(amd64)).toEqual([
    '/lib/x86_64-linux-gnu',
    '/usr/lib/x86_64-linux-gnu',
    '/lib64',
    '/usr/lib64',
    '/lib',
    '/usr/lib',
  ]);
  expect(defaultDirectories(armhf)).toEqual([
    '/lib/arm-linux-gnueabihf',
    '/usr/lib/arm-linux-gnueabihf',
    '/lib/arm-linux-gnueabi',
    '/usr/lib/arm-linux-gnueabi',
    '/lib',
    '/usr/lib',
  ]);
  expect(defaultDirectories(unknown)).toEqual(['/lib', '/usr/lib']);
});

describe('tokens stand for', () => {
  const expand = (text: string, elf: typeof amd64 | typeof unknown = amd64): readonly string[] =>
    expandDirectory(text, { origin: '/opt/app/bin', elf });

  test.each([
    ['/opt/lib', ['/opt/lib']],
    ['$ORIGIN/../lib', ['/opt/app/bin/../lib']],
    ['${ORIGIN}lib', ['/opt/app/binlib']],
    ['$ORIGINAL/x', ['$ORIGINAL/x']],
    ['/opt/$LIB', ['/opt/lib/x86_64-linux-gnu', '/opt/lib64', '/opt/lib']],
    ['$ORIGIN/${PLATFORM}', ['/opt/app/bin/x86_64', '/opt/app/bin/haswell']],
    ['$LIB/$LIB', ['lib/x86_64-linux-gnu/lib/x86_64-linux-gnu', 'lib64/lib64', 'lib/lib']],
  ])('%s: %j', (text, expected) => {
    expect(expand(text)).toEqual(expected);
  });

  test('few things, however often they are written', () => {
    expect(expand('$LIB'.repeat(10_000))).toHaveLength(3);
  });

  test('nothing on a processor that has no such name', () => {
    expect(expand('/opt/$PLATFORM', unknown)).toEqual([]);
  });
});
