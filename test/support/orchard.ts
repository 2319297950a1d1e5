// SPDX-License-Identifier: Apache-2.0
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { BuildPlace } from './build-place.ts';
import { elfFile } from './elf-file.ts';
import { kernelModule } from './kernel-module.ts';

/** Of its kernel. */
export const orchardVersion = '1.2.3';

/**
 * Elements that make a RAM disk in a second: `orchard`, the fixture tiny-os with busybox, a kernel of few words, its
 * modules and firmware, and programs of its own; `fruit`, which asks for some of that; and `ramdisk`, in place of ours,
 * which would install packages.
 */
export function writeOrchard(place: BuildPlace): void {
  place.element('ramdisk', { 'element.yaml': 'outputs: [initramfs, kernel]\n' });
  place.element('orchard', {
    'element-deps': 'tiny-os\n',
    'root.d/20-orchard': plantHook,
    ...orchard,
  });
  const shared = join(place.directory, 'elements/orchard/static');
  writeKernel(shared, 'usr/lib');
  for (const [path, content] of Object.entries(programs)) write(join(shared, path), content, 0o755);
  for (const [path, content] of Object.entries(settings)) write(join(shared, path), content);
  place.element('fruit', fruit);
}

/** What a kernel's package has. @param lib Where its modules and their firmware go. */
export function writeKernel(directory: string, lib = 'lib'): void {
  write(join(directory, `boot/vmlinuz-${orchardVersion}`), `kernel ${orchardVersion}\n`);
  const modules = join(directory, lib, 'modules', orchardVersion);
  for (const [path, content] of Object.entries(drivers)) write(join(modules, 'kernel', path), content);
  for (const name of ['modules.order', 'modules.builtin', 'modules.builtin.modinfo'])
    write(join(modules, name), '');
  for (const name of ['pear', 'ahci'])
    write(join(directory, lib, `firmware/orchard/${name}.bin`), `firmware of ${name}\n`);
}

/** What the hooks of packages would do on the tree. */
const plantHook = `#!/bin/bash
set -eu -o pipefail
cp -R "$TMP_HOOKS_PATH/static/." "$TARGET_ROOT/"
cp --dereference "$(type -P busybox)" "$TARGET_ROOT/usr/bin/busybox"
{ ldd "$TARGET_ROOT/usr/bin/busybox" | grep -o '/[^ :]*' | grep -v "^$TARGET_ROOT" || :; } | while read -r library; do
    mkdir -p "$TARGET_ROOT\${library%/*}"
    cp --dereference "$library" "$TARGET_ROOT$library"
done
for version in "$TARGET_ROOT"/usr/lib/modules/*; do depmod -b "$TARGET_ROOT" "\${version##*/}"; done
`;

/** A network card's driver with firmware, what it needs, and two that nobody asks for. */
const drivers = {
  'drivers/net/ethernet/pear.ko': kernelModule({
    imports: ['stalk_open'],
    information: ['alias=pci:v0000BEEFd*', 'firmware=orchard/pear.bin'],
  }),
  'lib/stalk.ko': kernelModule({ exports: ['stalk_open'] }),
  'drivers/ata/ahci.ko': kernelModule({ information: ['firmware=orchard/ahci.bin'] }),
  'sound/worm.ko': kernelModule({}),
};

const programs = {
  'usr/bin/press': elfFile({
    interpreter: '/lib/ld-orchard.so.1',
    needed: ['libjuice.so.1'],
    runpath: '$ORIGIN/../lib/press',
  }),
  'usr/lib/press/libjuice.so.1': elfFile({ soname: 'libjuice.so.1' }),
  'usr/lib/ld-orchard.so.1': elfFile({ soname: 'ld-orchard.so.1' }),
  'usr/bin/harvest': '#!/usr/bin/awk -f\nBEGIN { print "ripe" }\n',
};

const settings = {
  'etc/os-release': 'ID=orchard\n',
  'usr/lib/udev/rules.d/80-drivers.rules': '# drivers\n',
  'usr/lib/udev/rules.d/99-other.rules': '# other\n',
};

/** Each element's own, whatever others of that name there are. */
export const orchard = { 'binary-deps': 'wc\n' } as const;

/** What it asks for in every form that there is. */
export const fruit = {
  'element-deps': 'orchard\n',
  'binary-deps.d/fruit': '# what presses\npress\nharvest stat\n',
  'binary-deps': 'sed\n',
  'modules.d/fruit': 'network\n',
  'init.d/20-second': 'echo second\n',
  'init.d/10-first': 'echo first\n',
  init: 'echo flat\n',
  'udev.d/70-fruit.rules': '# of udev.d\n',
  'udev/71-flat.rules': '# of udev\n',
} as const;

function write(path: string, content: Uint8Array | string, mode = 0o644): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  chmodSync(path, mode);
}
