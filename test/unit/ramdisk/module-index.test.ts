// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import type { ModuleTexts } from '../../../lib/ramdisk/module-index.ts';
import { moduleIndex, moduleName, readModuleIndex } from '../../../lib/ramdisk/module-index.ts';
import { kernelTree } from '../../support/kernel-tree.ts';

const empty: ModuleTexts = {
  dep: '',
  alias: '',
  softdep: '',
  weakdep: '',
  builtin: '',
  'builtin.modinfo': '',
};

test.each([
  ['kernel/fs/nls/nls_iso8859-1.ko', 'nls_iso8859_1'],
  ['kernel/drivers/virtio/virtio.ko.xz', 'virtio'],
  ['kernel/drivers/nvme/host/nvme-core.ko.zst', 'nvme_core'],
  ['updates/dkms/zfs.ko.gz', 'zfs'],
  ['bare.ko', 'bare'],
  ['kernel/x/a.ko.bak', 'a.ko.bak'],
])('the name of %s', (file, name) => {
  expect(moduleName(file)).toBe(name);
});

test('modules with what they need and want', () => {
  const dep = [
    'kernel/fs/btrfs/btrfs.ko.xz: kernel/lib/raid6/raid6_pq.ko.xz kernel/lib/libcrc32c.ko.xz',
    'kernel/lib/raid6/raid6_pq.ko.xz:',
    'kernel/lib/libcrc32c.ko.xz:',
    '',
  ].join('\n');
  const softdep =
    '# Soft dependencies\nsoftdep btrfs pre: crc32c pre: blake2b-256\nsoftdep btrfs post: late-one\n';
  const weakdep = 'weakdep libcrc32c maybe-this\n';
  expect([...moduleIndex({ ...empty, dep, softdep, weakdep }).modules.values()]).toEqual([
    {
      name: 'btrfs',
      file: 'kernel/fs/btrfs/btrfs.ko.xz',
      needs: ['raid6_pq', 'libcrc32c'],
      wants: ['crc32c', 'blake2b_256', 'late_one'],
    },
    { name: 'raid6_pq', file: 'kernel/lib/raid6/raid6_pq.ko.xz', needs: [], wants: [] },
    { name: 'libcrc32c', file: 'kernel/lib/libcrc32c.ko.xz', needs: [], wants: ['maybe_this'] },
  ]);
});

test('what is built in, by name and path', () => {
  const builtin = 'kernel/drivers/block/virtio_blk.ko\nkernel/crypto/crc32c_generic.ko\n';
  expect([...moduleIndex({ ...empty, builtin }).builtIn]).toEqual([
    ['virtio_blk', 'kernel/drivers/block/virtio_blk'],
    ['crc32c_generic', 'kernel/crypto/crc32c_generic'],
  ]);
});

test('aliases, those of built-in modules with nothing to load', () => {
  const alias = [
    '# Aliases extracted from modules themselves.',
    'alias pci:v00008086d0000100Esv*sd*bc*sc*i* e1000',
    'alias crypto-crc32c crc32c-intel',
    'alias crypto-crc32c libcrc32c',
    'alias acpi*:PNP0A0[3-8]:* some-module',
  ].join('\n');
  const modinfo = 'unix.license=GPL\0unix.alias=net-pf-1\0crc32c_generic.alias=crypto-crc32c\0';
  expect([...moduleIndex({ ...empty, alias, 'builtin.modinfo': modinfo }).aliases]).toEqual([
    ['pci:v00008086d0000100Esv*sd*bc*sc*i*', ['e1000']],
    ['crypto_crc32c', ['crc32c_intel', 'libcrc32c']],
    ['acpi*:PNP0A0[3-8]:*', ['some_module']],
    ['net_pf_1', []],
  ]);
});

describe('read from a tree', () => {
  const directory = '/lib/modules/6.1';

  test('each text from its file', () => {
    const reader = kernelTree({
      [`${directory}/modules.dep`]: 'kernel/a.ko: kernel/b.ko\nkernel/b.ko:\n',
      [`${directory}/modules.alias`]: 'alias one a\n',
      [`${directory}/modules.softdep`]: 'softdep a pre: c\n',
      [`${directory}/modules.weakdep`]: 'weakdep a d\n',
      [`${directory}/modules.builtin`]: 'kernel/e.ko\n',
      [`${directory}/modules.builtin.modinfo`]: 'e.alias=two\0',
    });
    expect(readModuleIndex(reader, directory)).toEqual({
      ok: true,
      value: {
        modules: new Map([
          ['a', { name: 'a', file: 'kernel/a.ko', needs: ['b'], wants: ['c', 'd'] }],
          ['b', { name: 'b', file: 'kernel/b.ko', needs: [], wants: [] }],
        ]),
        builtIn: new Map([['e', 'kernel/e']]),
        aliases: new Map([
          ['one', ['a']],
          ['two', []],
        ]),
      },
    });
  });

  test('a kernel without modules', () => {
    const reader = kernelTree({ [`${directory}/modules.builtin`]: 'kernel/e.ko\n' });
    expect(readModuleIndex(reader, directory)).toEqual({
      ok: true,
      value: { modules: new Map(), builtIn: new Map([['e', 'kernel/e']]), aliases: new Map() },
    });
  });

  test('modules that nobody has listed', () => {
    const reader = kernelTree({ [`${directory}/kernel/a.ko`]: 'module' });
    expect(readModuleIndex(reader, directory)).toEqual({
      ok: false,
      problems: [
        {
          message: '/lib/modules/6.1 has modules, but no modules.dep that says which needs which',
          hints: [
            'run depmod there: install kmod in an element before the kernel, or `depmod -b ROOT VERSION`',
          ],
        },
      ],
    });
  });
});
