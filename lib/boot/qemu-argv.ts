// SPDX-License-Identifier: Apache-2.0
import type { MachineNetwork } from './machine-network.ts';

export type Firmware = 'bios' | 'uefi';
export type Accelerator = 'kvm' | 'tcg';
export type BootArch = 'x86_64' | 'aarch64';

/** A virtual machine in full: the words of its command follow from it. */
export type MachineDescription = {
  readonly arch: BootArch;
  readonly accelerator: Accelerator;
  readonly processors: number;
  readonly memoryMebibytes: number;
  /** Null: whatever the firmware finds on the disks, the first of them before the others. */
  readonly kernel: KernelStart | null;
  readonly disks: readonly MachineDisk[];
  /** One network interface each. */
  readonly networks: readonly MachineNetwork[];
  /** Left out: a guest that restarts is started again. */
  readonly endsOnRestart?: boolean;
  /** Null: the machine's own BIOS. */
  readonly firmware: { readonly code: string; readonly variables: string } | null;
  /** A descriptor the process inherits, open for reading, with a NoCloud seed; null: no seed. */
  readonly seedDescriptor: number | null;
};

/** A kernel that is handed to the machine rather than found on a disk. */
export type KernelStart = {
  readonly kernel: string;
  readonly initrd: string | null;
  readonly commandLine: string;
};

export type MachineDisk = {
  readonly path: string;
  readonly format: string;
  /** Left out: what the guest writes is lost with the machine. */
  readonly keepsChanges?: boolean;
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
    ...kernelStart(machine),
    ...machine.disks.flatMap((image, index) => imageDrive(image, index, machine.kernel === null)),
    ...seedDrive(machine),
    ...machine.networks.flatMap(networkInterface),
    ...['-device', 'virtio-rng-pci'],
    ...(machine.endsOnRestart === true ? ['-no-reboot'] : []),
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

function kernelStart({ kernel: start }: MachineDescription): readonly string[] {
  if (start === null) return [];
  const initrd = start.initrd === null ? [] : ['-initrd', start.initrd];
  return ['-kernel', start.kernel, ...initrd, '-append', start.commandLine];
}

function imageDrive(
  { path, format, keepsChanges = false }: MachineDisk,
  index: number,
  isStarted: boolean,
): readonly string[] {
  const writes = keepsChanges ? 'cache=unsafe' : 'snapshot=on';
  const options = `file=${quoted(path)},format=${format},${writes}`;
  return disk(numbered('image', index), options, isStarted ? index : null);
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

function networkInterface({ mac, forwards }: MachineNetwork, index: number): readonly string[] {
  const name = numbered('network', index);
  const listening = forwards.map(({ port, guestPort }) => `,hostfwd=tcp:127.0.0.1:${port}-:${guestPort}`);
  const address = mac === null ? '' : `,mac=${mac}`;
  return [
    ...['-netdev', `user,id=${name}${listening.join('')}`],
    ...['-device', `virtio-net-pci,netdev=${name}${address},romfile=`],
  ];
}

const numbered = (name: string, index: number): string => (index === 0 ? name : `${name}${index + 1}`);

/** In QEMU's option texts a comma inside a value is written twice. */
const quoted = (value: string): string => value.replaceAll(',', ',,');
