// SPDX-License-Identifier: Apache-2.0
export type Firmware = 'bios' | 'uefi';
export type Accelerator = 'kvm' | 'tcg';
export type BootArch = 'x86_64' | 'aarch64';

/** A virtual machine in full: the words of its command follow from it. */
export type MachineDescription = {
  readonly arch: BootArch;
  readonly accelerator: Accelerator;
  readonly processors: number;
  readonly memoryMebibytes: number;
  readonly image: { readonly path: string; readonly format: string };
  /** Left out: what the guest writes is lost with the machine. */
  readonly keepsChanges?: boolean;
  /** Null: the machine's own BIOS. */
  readonly firmware: { readonly code: string; readonly variables: string } | null;
  /** A descriptor the process inherits, open for reading, with a NoCloud seed; null: no seed. */
  readonly seedDescriptor: number | null;
};

/**
 * The command that runs the machine with its serial console on standard input and output. With `snapshot=on` writes go
 * to a file that QEMU has unlinked before it starts; the firmware's variables are never written.
 */
export function qemuArgv(machine: MachineDescription): [string, ...string[]] {
  return [
    `qemu-system-${machine.arch}`,
    ...['-name', 'diskimage-builder-boot-test', '-nodefaults', '-no-user-config'],
    ...hardware(machine),
    ...['-smp', String(machine.processors), '-m', String(machine.memoryMebibytes)],
    ...['-display', 'none', '-monitor', 'none'],
    ...['-chardev', 'stdio,id=console,signal=off', '-serial', 'chardev:console'],
    ...firmwareDrives(machine),
    ...imageDrive(machine),
    ...seedDrive(machine),
    ...['-netdev', 'user,id=network', '-device', 'virtio-net-pci,netdev=network,romfile='],
    ...['-device', 'virtio-rng-pci'],
  ];
}

function hardware({ arch, accelerator }: MachineDescription): readonly string[] {
  const processor = accelerator === 'kvm' ? 'host' : 'max';
  return [
    ...(arch === 'x86_64' ? ['-machine', 'q35', '-vga', 'std'] : ['-machine', 'virt']),
    ...['-accel', accelerator === 'kvm' ? 'kvm' : 'tcg,thread=multi', '-cpu', processor],
  ];
}

function firmwareDrives({ firmware }: MachineDescription): readonly string[] {
  if (firmware === null) return [];
  return [
    ...['-drive', `if=pflash,unit=0,format=raw,readonly=on,file=${quoted(firmware.code)}`],
    ...['-drive', `if=pflash,unit=1,format=raw,snapshot=on,file=${quoted(firmware.variables)}`],
  ];
}

function imageDrive({ image, keepsChanges = false }: MachineDescription): readonly string[] {
  const writes = keepsChanges ? 'cache=unsafe' : 'snapshot=on';
  return disk('image', `file=${quoted(image.path)},format=${image.format},${writes}`, 0);
}

function seedDrive({ seedDescriptor }: MachineDescription): readonly string[] {
  if (seedDescriptor === null) return [];
  const set = 1;
  return [
    ...['-add-fd', `fd=${seedDescriptor},set=${set}`],
    ...disk('seed', `file=/dev/fdset/${set},format=raw,readonly=on`, null),
  ];
}

function disk(name: string, options: string, bootIndex: number | null): readonly string[] {
  const boot = bootIndex === null ? '' : `,bootindex=${bootIndex}`;
  return ['-drive', `if=none,id=${name},${options}`, '-device', `virtio-blk-pci,drive=${name}${boot}`];
}

/** In QEMU's option texts a comma inside a value is written twice. */
const quoted = (value: string): string => value.replaceAll(',', ',,');
