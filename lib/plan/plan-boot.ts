// SPDX-License-Identifier: Apache-2.0
import { BIOS_BOOT_PARTITION, gptType, mbrType } from '../disk/partition-types.ts';
import type { VariableLookup } from '../elements/package-installs.ts';
import type { LoadedElement } from '../elements/read-element.ts';
import { bootloader, isArm64 } from '../elements/well-known.ts';
import type { DiskLayout } from '../model/layout.ts';
import type { BootPlan } from '../model/plan.ts';

/** How the image starts; null when no element brings a boot loader, or the disk has no place for one. */
export function planBoot(
  elements: readonly LoadedElement[],
  layout: DiskLayout,
  given: { readonly arch: string; readonly lookup: VariableLookup },
): BootPlan | null {
  const loader = elements.find(
    ({ element }) => element.name === bootloader || element.provides.includes(bootloader),
  );
  const firmware = firmwareOf(layout, given.arch);
  if (loader === undefined || firmware.length === 0) return null;
  return {
    firmware,
    loader: loader.element.name === bootloader ? 'GRUB' : loader.element.name,
    commandLine: commandLine(layout, given),
  };
}

function firmwareOf({ disks }: DiskLayout, arch: string): BootPlan['firmware'] {
  const tables = disks.flatMap(({ table }) => (table === null ? [] : [table]));
  const has = (...types: readonly (string | null)[]): boolean =>
    tables.some(({ partitions }) => partitions.some((partition) => types.includes(partition.type)));
  const isBios = isX86(arch) && (tables.some(({ label }) => label === 'mbr') || has(BIOS_BOOT_PARTITION));
  return [
    ...(isBios ? (['bios'] as const) : []),
    ...(has(gptType('EF00'), mbrType('EF')) ? (['uefi'] as const) : []),
  ];
}

const isX86 = (arch: string): boolean => ['amd64', 'x86_64', 'i386', 'i686'].includes(arch);

/** What the bootloader element writes: dib-contract §2.12. A variable that only the build knows stands there by its name. */
function commandLine(
  { rootLabel, bootLabel }: DiskLayout,
  { arch, lookup }: { readonly arch: string; readonly lookup: VariableLookup },
): string {
  const valueOf = (name: string, fallback: string): string => {
    const found = lookup(name);
    if (found === 'unknown') return `$${name}`;
    return found === 'unset' ? fallback : found.value;
  };
  const isOn = (name: string): boolean => /^(1|true|yes|on|\$.*)$/i.test(valueOf(name, 'True'));
  const serial = valueOf('DIB_BOOTLOADER_SERIAL_CONSOLE', '') || serialConsole(arch);
  const terminal = valueOf('DIB_BOOTLOADER_VIRTUAL_TERMINAL', 'tty0');
  return [
    `root=LABEL=${rootLabel} ro`,
    terminal === '' ? '' : `console=${terminal}`,
    isOn('DIB_BOOTLOADER_USE_SERIAL_CONSOLE') ? `console=${serial}` : '',
    isOn('DIB_NO_TIMER_CHECK') ? 'no_timer_check' : '',
    valueOf('DIB_BOOTLOADER_DEFAULT_CMDLINE', 'nofb nomodeset gfxpayload=text'),
    bootLabel === '' ? '' : `boot=LABEL=${bootLabel}`,
  ]
    .filter((word) => word !== '')
    .join(' ');
}

function serialConsole(arch: string): string {
  if (isArm64(arch)) return 'ttyAMA0,115200';
  return arch.startsWith('ppc') ? 'hvc0' : 'ttyS0,115200';
}
