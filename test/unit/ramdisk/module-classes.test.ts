// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { defaultModules, moduleClasses } from '../../../lib/ramdisk/module-classes.ts';
import { moduleIndex } from '../../../lib/ramdisk/module-index.ts';
import { selectModules } from '../../../lib/ramdisk/select-modules.ts';

/** Modules of Debian's kernel 6.1 for amd64, and the classes that have to bring them; none of what follows `-`. */
const modules: Readonly<Record<string, string>> = {
  'arch/x86/crypto/aesni-intel': 'crypto',
  'crypto/xts': 'crypto',
  'drivers/acpi/video': '',
  'drivers/ata/ahci': 'ahci ata',
  'drivers/ata/ata_piix': 'ata',
  'drivers/block/loop': 'block',
  'drivers/block/virtio_blk': 'virtio',
  'drivers/block/xen-blkfront': 'xen',
};

test('classes bring what they are for, and nothing else', () => {
  const dep = Object.keys(modules)
    .map((file) => `kernel/${file}.ko:`)
    .join('\n');
  const index = moduleIndex({ dep, alias: '', softdep: '', weakdep: '', builtin: '', 'builtin.modinfo': '' });
  const brought = Object.keys(modules).map((file) => {
    const classes = Object.keys(moduleClasses).filter((word) =>
      selectModules(index, [{ word, wantedBy: '' }]).files.includes(`kernel/${file}.ko`),
    );
    return [file, classes.sort().join(' ')];
  });
  expect(Object.fromEntries(brought)).toEqual(modules);
});

test('the default names classes', () => {
  expect(defaultModules.filter((word) => !Object.hasOwn(moduleClasses, word))).toEqual([]);
});
