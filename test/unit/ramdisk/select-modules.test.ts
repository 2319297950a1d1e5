// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { moduleClasses } from '../../../lib/ramdisk/module-classes.ts';
import { moduleIndex } from '../../../lib/ramdisk/module-index.ts';
import type { ModuleSelection } from '../../../lib/ramdisk/select-modules.ts';
import { moduleWords, selectModules } from '../../../lib/ramdisk/select-modules.ts';

const index = moduleIndex({
  dep: [
    'kernel/drivers/net/ethernet/intel/e1000/e1000.ko:',
    'kernel/drivers/net/ethernet/intel/e1000e/e1000e.ko: kernel/drivers/ptp/ptp.ko',
    'kernel/drivers/ptp/ptp.ko:',
    'kernel/drivers/net/virtio_net.ko: kernel/drivers/net/net_failover.ko kernel/net/core/failover.ko',
    'kernel/drivers/net/net_failover.ko: kernel/net/core/failover.ko',
    'kernel/net/core/failover.ko:',
    'kernel/drivers/gpu/drm/virtio/virtio-gpu.ko:',
    'kernel/drivers/nvme/host/nvme.ko: kernel/drivers/nvme/host/nvme-core.ko',
    'kernel/drivers/nvme/host/nvme-core.ko:',
    'kernel/drivers/nvme/host/nvme-fc.ko: kernel/drivers/nvme/host/nvme-core.ko',
    'kernel/fs/btrfs/btrfs.ko: kernel/lib/libcrc32c.ko',
    'kernel/lib/libcrc32c.ko:',
    'kernel/crypto/crc32c-intel.ko:',
    'kernel/crypto/xxhash_generic.ko: kernel/lib/xxhash.ko',
    'kernel/lib/xxhash.ko:',
    'kernel/drivers/video/fbdev/vga16fb.ko: kernel/drivers/video/fbdev/vgastate.ko',
    'kernel/drivers/video/fbdev/vgastate.ko:',
    'updates/dkms/zfs.ko.xz:',
  ].join('\n'),
  alias: [
    'alias pci:v00008086d0000100Esv*sd*bc*sc*i* e1000',
    'alias pci:v00008086d000010D3sv*sd*bc*sc*i* e1000e',
    'alias pci:v*d*sv*sd*bc01sc08i02* nvme',
    'alias crypto-crc32c crc32c-intel',
    'alias crc32c crc32c-intel',
    'alias xxhash64 xxhash_generic',
  ].join('\n'),
  softdep: 'softdep btrfs pre: crc32c pre: xxhash64 pre: not-there\n',
  weakdep: '',
  builtin: 'kernel/drivers/block/virtio_blk.ko\nkernel/drivers/hid/hid-generic.ko\n',
  'builtin.modinfo': 'ext4.alias=fs-ext4\0',
});

const select = (...words: readonly string[]): ModuleSelection =>
  selectModules(
    index,
    words.map((word) => ({ word, wantedBy: 'deploy' })),
  );

/** Names of the files only. */
const names = (...words: readonly string[]): readonly string[] =>
  select(...words).files.map((file) => file.replace(/.*\/([^/]*)\.ko.*/, '$1'));

describe('a word', () => {
  test('a name, with either dash, and what it needs', () => {
    expect(select('e1000e')).toEqual({
      files: ['kernel/drivers/net/ethernet/intel/e1000e/e1000e.ko', 'kernel/drivers/ptp/ptp.ko'],
      missing: [],
      problems: [],
    });
    for (const name of ['nvme-core', 'nvme_core', 'nvme-core.ko', 'nvme_core.ko.xz'])
      expect(names(name)).toEqual(['nvme-core']);
  });

  test('a pattern of names', () => {
    expect(names('e1000*')).toEqual(['e1000', 'e1000e', 'ptp']);
    expect(names('nvme-[cf]*')).toEqual(['nvme-core', 'nvme-fc']);
    expect(names('e100?')).toEqual(['e1000']);
  });

  test('a path, a directory or a pattern of them', () => {
    expect(names('drivers/nvme')).toEqual(['nvme-core', 'nvme-fc', 'nvme']);
    expect(names('kernel/drivers/nvme/')).toEqual(names('drivers/nvme'));
    expect(names('drivers/nvme/host/nvme')).toEqual(['nvme-core', 'nvme']);
    expect(names('drivers/net/*/intel')).toEqual(['e1000', 'e1000e', 'ptp']);
    expect(names('drivers/net/ethernet/intel/e1000')).toEqual(['e1000']);
    expect(names('updates/')).toEqual(['zfs']);
  });

  test('an alias, or a pattern of them', () => {
    expect(names('crypto-crc32c')).toEqual(['crc32c-intel']);
    expect(names('alias:pci:v00008086*')).toEqual(['e1000', 'e1000e', 'ptp']);
  });

  test('all, frame buffers left out', () => {
    const all = [...index.modules.values()].map(({ file }) => file).filter((file) => !file.includes('16fb'));
    expect(select('all')).toEqual({ files: all.sort(), missing: [], problems: [] });
  });

  test('a class, before a module of that name', () => {
    expect(names('nvme')).toEqual(['nvme-core', 'nvme']);
    expect(names('virtio')).toEqual(['net_failover', 'virtio_net', 'failover']);
  });

  test('a class that this kernel has nothing of', () => {
    expect(select('hyperv')).toEqual({ files: [], missing: [], problems: [] });
  });

  test('what is built in needs no file', () => {
    for (const word of ['virtio_blk', 'hid-generic', 'hid-*', 'drivers/block', 'fs-ext4', 'alias:fs-*'])
      expect(select(word)).toEqual({ files: [], missing: [], problems: [] });
  });
});

describe('soft dependencies', () => {
  test('by name or alias, with what they need; one that is not there is left out', () => {
    expect(names('btrfs')).toEqual(['crc32c-intel', 'xxhash_generic', 'btrfs', 'libcrc32c', 'xxhash']);
  });

  test('stay away when they are taken away', () => {
    expect(names('btrfs', '-xxhash_generic')).toEqual(['crc32c-intel', 'btrfs', 'libcrc32c']);
    expect(names('-crypto', 'btrfs')).toEqual(['btrfs', 'libcrc32c']);
  });
});

describe('words that take away', () => {
  test('from what came before, not from what comes behind', () => {
    expect(names('drivers/nvme', '-nvme-fc')).toEqual(['nvme-core', 'nvme']);
    expect(names('-nvme-fc', 'drivers/nvme')).toEqual(['nvme-core', 'nvme-fc', 'nvme']);
    expect(names('all', '-all', 'ptp')).toEqual(['ptp']);
    expect(names('e1000e', 'nvme_fc', '-nvme')).toEqual(['e1000e', 'nvme-core', 'nvme-fc', 'ptp']);
  });

  test('not what others need', () => {
    expect(names('e1000e', '-ptp')).toEqual(['e1000e', 'ptp']);
  });

  test('need mean nothing', () => {
    expect(select('ptp', '-nouveau', '-drivers/nothing')).toEqual({
      files: ['kernel/drivers/ptp/ptp.ko'],
      missing: [],
      problems: [],
    });
  });
});

test('words that nobody knows: all of them, with who wants them and what they may mean', () => {
  const missing = [
    { word: 'e1000f', wantedBy: 'deploy' },
    { word: 'qla2xxx', wantedBy: 'deploy' },
    { word: 'fs/ext5', wantedBy: 'hwburnin' },
    { word: 'virtoi', wantedBy: 'hwburnin' },
    { word: 'e1000f', wantedBy: 'hwburnin' },
    { word: 'zz*', wantedBy: 'site' },
    { word: 'alias:zz:*', wantedBy: 'site' },
  ];
  expect(selectModules(index, [...missing, { word: 'ptp', wantedBy: 'site' }])).toEqual({
    files: ['kernel/drivers/ptp/ptp.ko'],
    missing,
    problems: [
      {
        message:
          'the kernel has no modules e1000f (wanted by deploy, hwburnin), qla2xxx (wanted by deploy), fs/ext5 (wanted by hwburnin), virtoi (wanted by hwburnin), zz* (wanted by site), alias:zz:* (wanted by site)',
        hints: [
          'e1000f: did you mean e1000 or e1000e?',
          'virtoi: did you mean virtio?',
          `name a class (${[...Object.keys(moduleClasses), 'all'].join(', ')}), a module, a pattern of names or a path below kernel/`,
          'or install the package that has the modules; some kernels for clouds have none for hardware',
        ],
      },
    ],
  });
});

test('words of a list', () => {
  const text = '# What deployment needs\nvirtio  nvme\t-nvme_fc\n\n  drivers/net # wired\n#all\nalias:a#b\n';
  expect(moduleWords(text)).toEqual(['virtio', 'nvme', '-nvme_fc', 'drivers/net', 'alias:a#b']);
});
