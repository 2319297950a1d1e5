// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { qemuArgv } from '../../../lib/boot/qemu-argv.ts';
import type { MachineDescription } from '../../../lib/boot/qemu-argv.ts';

const bios: MachineDescription = {
  arch: 'x86_64',
  accelerator: 'tcg',
  processors: 2,
  memoryMebibytes: 1024,
  image: { path: '/images/a.qcow2', format: 'qcow2' },
  firmware: null,
  seedDescriptor: null,
};

test('a PC with its own BIOS, emulated', () => {
  expect(qemuArgv(bios).join(' ')).toBe(
    'qemu-system-x86_64 -name diskimage-builder-boot-test -nodefaults -no-user-config' +
      ' -machine q35 -vga std -accel tcg,thread=multi -cpu max -smp 2 -m 1024 -display none -monitor none' +
      ' -chardev stdio,id=console,signal=off -serial chardev:console' +
      ' -drive if=none,id=image,file=/images/a.qcow2,format=qcow2,snapshot=on -device virtio-blk-pci,drive=image,bootindex=0' +
      ' -netdev user,id=network -device virtio-net-pci,netdev=network,romfile= -device virtio-rng-pci',
  );
});

test('UEFI, a seed, a comma in a name', () => {
  const argv = qemuArgv({
    ...bios,
    image: { path: '/images/a,b.raw', format: 'raw' },
    firmware: { code: '/f/CODE.fd', variables: '/f/VARS.fd' },
    seedDescriptor: 3,
  });
  expect(argv.join(' ')).toBe(
    'qemu-system-x86_64 -name diskimage-builder-boot-test -nodefaults -no-user-config' +
      ' -machine q35 -vga std -accel tcg,thread=multi -cpu max -smp 2 -m 1024 -display none -monitor none' +
      ' -chardev stdio,id=console,signal=off -serial chardev:console' +
      ' -drive if=pflash,unit=0,format=raw,readonly=on,file=/f/CODE.fd' +
      ' -drive if=pflash,unit=1,format=raw,snapshot=on,file=/f/VARS.fd' +
      ' -drive if=none,id=image,file=/images/a,,b.raw,format=raw,snapshot=on -device virtio-blk-pci,drive=image,bootindex=0' +
      ' -add-fd fd=3,set=1 -drive if=none,id=seed,file=/dev/fdset/1,format=raw,readonly=on -device virtio-blk-pci,drive=seed' +
      ' -netdev user,id=network -device virtio-net-pci,netdev=network,romfile= -device virtio-rng-pci',
  );
});

test('a disk that keeps what the guest writes', () => {
  expect(qemuArgv({ ...bios, keepsChanges: true })).toEqual(
    qemuArgv(bios).map((word) => word.replace('snapshot=on', 'cache=unsafe')),
  );
});

test('KVM lends the host its processor; an ARM machine is virt', () => {
  expect(qemuArgv({ ...bios, arch: 'aarch64', accelerator: 'kvm' }).slice(0, 10)).toEqual([
    'qemu-system-aarch64',
    '-name',
    'diskimage-builder-boot-test',
    '-nodefaults',
    '-no-user-config',
    '-machine',
    'virt',
    '-accel',
    'kvm',
    '-cpu',
  ]);
});
