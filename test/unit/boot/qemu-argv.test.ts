// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { plainNetwork } from '../../../lib/boot/machine-network.ts';
import { qemuArgv } from '../../../lib/boot/qemu-argv.ts';
import type { MachineDescription } from '../../../lib/boot/qemu-argv.ts';

const bios: MachineDescription = {
  arch: 'x86_64',
  accelerator: 'tcg',
  processors: 2,
  memoryMebibytes: 1024,
  kernel: null,
  disks: [{ path: '/images/a.qcow2', format: 'qcow2' }],
  networks: [plainNetwork],
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
    disks: [{ path: '/images/a,b.raw', format: 'raw' }],
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
  const disks = [{ path: '/images/a.qcow2', format: 'qcow2', keepsChanges: true }];
  expect(qemuArgv({ ...bios, disks })).toEqual(
    qemuArgv(bios).map((word) => word.replace('snapshot=on', 'cache=unsafe')),
  );
});

test('a kernel with a RAM disk, and disks that nothing is started from; its end is that of the machine', () => {
  const argv = qemuArgv({
    ...bios,
    kernel: { kernel: '/k,1', initrd: '/i,1', commandLine: 'console=ttyS0 a="b c"' },
    disks: [
      { path: '/a.raw', format: 'raw' },
      { path: '/b.raw', format: 'raw', keepsChanges: true },
    ],
    endsOnRestart: true,
  });
  const start = argv.indexOf('-kernel');
  expect(argv.slice(start, start + 6)).toEqual([
    ...['-kernel', '/k,1', '-initrd', '/i,1', '-append', 'console=ttyS0 a="b c"'],
  ]);
  expect(argv.slice(start + 6).join(' ')).toBe(
    '-drive if=none,id=image,file=/a.raw,format=raw,snapshot=on -device virtio-blk-pci,drive=image' +
      ' -drive if=none,id=image2,file=/b.raw,format=raw,cache=unsafe -device virtio-blk-pci,drive=image2' +
      ' -netdev user,id=network -device virtio-net-pci,netdev=network,romfile= -device virtio-rng-pci -no-reboot',
  );
});

test('a kernel without a RAM disk', () => {
  const kernel = { kernel: '/k', initrd: null, commandLine: 'console=ttyS0' };
  expect(qemuArgv({ ...bios, kernel })).not.toContain('-initrd');
});

test('disks are looked at in their order for one to start from', () => {
  const disks = ['/a', '/b'].map((path) => ({ path, format: 'raw' }));
  expect(qemuArgv({ ...bios, disks }).filter((word) => word.startsWith('virtio-blk'))).toEqual([
    'virtio-blk-pci,drive=image,bootindex=0',
    'virtio-blk-pci,drive=image2,bootindex=1',
  ]);
});

test('network interfaces with addresses and forwarded ports, or none', () => {
  const forwards = [
    { port: 10022, guestPort: 22 },
    { port: 13260, guestPort: 3260 },
  ];
  const networks = [
    { mac: '52:54:00:00:00:01', forwards },
    { mac: null, forwards: [] },
  ];
  expect(qemuArgv({ ...bios, networks }).join(' ')).toContain(
    ' -netdev user,id=network,hostfwd=tcp:127.0.0.1:10022-:22,hostfwd=tcp:127.0.0.1:13260-:3260' +
      ' -device virtio-net-pci,netdev=network,mac=52:54:00:00:00:01,romfile=' +
      ' -netdev user,id=network2 -device virtio-net-pci,netdev=network2,romfile= ',
  );
  expect(qemuArgv({ ...bios, networks: [] })).not.toContain('-netdev');
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
