// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';

import { planLayout } from '../../../lib/disk/plan-layout.ts';
import type { LoadedElement } from '../../../lib/elements/read-element.ts';
import { readElement } from '../../../lib/elements/read-element.ts';
import { hostPath } from '../../../lib/model/brands.ts';
import type { DiskLayout } from '../../../lib/model/layout.ts';
import type { BootPlan } from '../../../lib/model/plan.ts';
import { planBoot } from '../../../lib/plan/plan-boot.ts';
import { requestWith } from '../../support/make-request.ts';

const esp = '{name: ESP, type: EF00, size: 100MiB, mkfs: {type: vfat, mount: {mount_point: /boot/efi}}}';
const bsp = '{name: BSP, type: EF02, size: 8MiB}';
const boot = '{name: boot, size: 1GiB, mkfs: {type: ext4, label: boots, mount: {mount_point: /boot}}}';

describe('firmware', () => {
  test.each<readonly [string, string, readonly string[], BootPlan['firmware'] | undefined]>([
    ['amd64', 'mbr', [], ['bios']],
    ['amd64', 'gpt', [], undefined],
    ['amd64', 'gpt', [bsp], ['bios']],
    ['amd64', 'gpt', [esp], ['uefi']],
    ['amd64', 'gpt', [esp, bsp], ['bios', 'uefi']],
    ['arm64', 'gpt', [esp, bsp], ['uefi']],
    ['arm64', 'mbr', [], undefined],
  ])('%s %s %j', (arch, label, partitions, firmware) => {
    expect(bootOf({ arch, layout: layout(label, partitions) })?.firmware).toEqual(firmware);
  });

  test('starts nothing without a boot loader', () => {
    expect(planBoot([], layout('mbr', []), { arch: 'amd64', lookup: () => 'unset' })).toBeNull();
  });
});

test('the loader is that which an element provides', () => {
  expect(bootOf({})?.loader).toBe('GRUB');
  expect(bootOf({ loader: element('zipl', 'bootloader\n') })?.loader).toBe('zipl');
});

describe('the command line', () => {
  test.each<readonly [string, Readonly<Record<string, string>>, string]>([
    ['amd64', {}, 'console=tty0 console=ttyS0,115200 no_timer_check nofb nomodeset gfxpayload=text'],
    [
      'arm64',
      { DIB_BOOTLOADER_DEFAULT_CMDLINE: 'quiet' },
      'console=tty0 console=ttyAMA0,115200 no_timer_check quiet',
    ],
    [
      'amd64',
      {
        DIB_BOOTLOADER_SERIAL_CONSOLE: 'ttyS1',
        DIB_NO_TIMER_CHECK: 'False',
        DIB_BOOTLOADER_DEFAULT_CMDLINE: '',
      },
      'console=tty0 console=ttyS1',
    ],
    [
      'amd64',
      { DIB_BOOTLOADER_USE_SERIAL_CONSOLE: 'False', DIB_BOOTLOADER_VIRTUAL_TERMINAL: '' },
      'no_timer_check nofb nomodeset gfxpayload=text',
    ],
  ])('on %s with %j', (arch, variables, words) => {
    const plan = bootOf({ arch, variables, layout: layout('gpt', [esp, bsp]) });
    expect(plan?.commandLine).toBe(`root=LABEL=cloudimg-rootfs ro ${words}`);
  });

  test('names what only the build will know', () => {
    const boots = planBoot([element('bootloader', '')], layout('mbr', []), {
      arch: 'amd64',
      lookup: (name) => (name === 'DIB_BOOTLOADER_DEFAULT_CMDLINE' ? 'unknown' : 'unset'),
    });
    expect(boots?.commandLine).toBe(
      'root=LABEL=cloudimg-rootfs ro console=tty0 console=ttyS0,115200 no_timer_check $DIB_BOOTLOADER_DEFAULT_CMDLINE',
    );
  });

  test('names the file system at /boot', () => {
    const variables = { DIB_BOOTLOADER_DEFAULT_CMDLINE: 'quiet' };
    expect(bootOf({ variables, layout: layout('mbr', [boot]) })?.commandLine).toBe(
      'root=LABEL=cloudimg-rootfs ro console=tty0 console=ttyS0,115200 no_timer_check quiet boot=LABEL=boots',
    );
  });
});

type Given = {
  readonly arch?: string;
  readonly variables?: Readonly<Record<string, string>>;
  readonly layout?: DiskLayout;
  readonly loader?: LoadedElement;
};

function bootOf({ arch = 'amd64', variables = {}, layout: given, loader }: Given): BootPlan | null {
  return planBoot([loader ?? element('bootloader', '')], given ?? layout('mbr', []), {
    arch,
    lookup: (name) => {
      const value = variables[name];
      return value === undefined ? 'unset' : { value };
    },
  });
}

function element(name: string, provides: string): LoadedElement {
  const content = Buffer.from(provides);
  return readElement(hostPath(`/e/${name}`), [
    { path: 'element-provides', kind: 'file', mode: 0o644, link: null, content },
  ]);
}

function layout(label: string, partitions: readonly string[]): DiskLayout {
  const root = '{name: root, size: 100%, mkfs: {name: mkfs_root, mount: {mount_point: /}}}';
  const config = `
- local_loop: {name: image0}
- partitioning:
    base: image0
    label: ${label}
    partitions:
${[...partitions, root].map((partition) => `      - ${partition}\n`).join('')}`;
  const result = planLayout({ config, origin: 'test', request: requestWith({}).disk, seed: 'seed' });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.value;
}
