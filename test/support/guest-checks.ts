// SPDX-License-Identifier: Apache-2.0
import { expect } from 'vitest';
import type { Guest } from './guest.ts';

/** The system came up whole; else the message has what the failed units said. */
export async function expectRunning({ asRoot }: Guest): Promise<void> {
  const state = await asRoot(`systemctl is-system-running --wait
systemctl --failed --no-legend --plain | while read -r unit rest; do
  journalctl --boot --no-pager --unit "$unit"
done`);
  expect(state).toBe('running\n');
}

/** The network is up, by the DHCP of QEMU's own network. */
export async function expectNetwork({ asRoot }: Guest): Promise<void> {
  const address = "ip -4 -o address show scope global | awk '{ print $2, $4 }'";
  await asRoot(`for i in $(seq 60); do [ -z "$(${address})" ] || exit 0; sleep 0.5; done; exit 1`);
  expect(await asRoot(address)).toBe('eth0 10.0.2.15/24\n');
  expect(await asRoot("ip -4 route show default | awk '{ print $3 }'")).toBe('10.0.2.2\n');
  expect(await asRoot('cat /etc/resolv.conf')).toBe('nameserver 10.0.2.3\n');
}

/** apt and dpkg have nothing to complain of, and no file of a package is somewhere else than it says. */
export async function expectSoundPackages({ asRoot }: Guest): Promise<void> {
  expect(await asRoot('apt-get -qq check')).toBe('');
  expect(await asRoot('dpkg --audit')).toBe('');
  expect(await asRoot('dpkg-divert --list | grep -v " by dash$" || true')).toBe('');
}

/** The files of packages are as they came; which configuration files differ is the elements' affair. */
export async function expectUnchangedFiles({ asRoot }: Guest): Promise<void> {
  expect(await asRoot('dpkg --verify | grep -v " c /etc/" || true')).toBe('');
}

const kernelWords = 'console=tty0 console=ttyS0,115200 no_timer_check nofb nomodeset gfxpayload=text';

/** What the elements promise of GRUB's settings, and that the kernel which runs was started by them. */
export async function expectBootSettings({ asRoot }: Guest): Promise<void> {
  const kernel = (await asRoot('uname -r')).trim();
  expect(await asRoot('cat /proc/cmdline')).toBe(
    `BOOT_IMAGE=/boot/vmlinuz-${kernel} root=LABEL=cloudimg-rootfs ro ${kernelWords}\n`,
  );
  expect(await asRoot('findmnt --noheadings --output LABEL,FSTYPE /')).toMatch(/^cloudimg-rootfs +ext4 *\n$/);
  const settings = await asRoot("grep '^[^#]' /etc/default/grub | grep -v DISTRIBUTOR | sort");
  expect(settings.trimEnd().split('\n')).toEqual([
    `GRUB_CMDLINE_LINUX=""`,
    `GRUB_CMDLINE_LINUX_DEFAULT="${kernelWords}"`,
    'GRUB_DEFAULT=0',
    'GRUB_DEVICE="LABEL=cloudimg-rootfs"',
    'GRUB_DISABLE_LINUX_UUID="true"',
    'GRUB_GFXPAYLOAD_LINUX="auto"',
    'GRUB_SERIAL_COMMAND="serial --speed=115200 --unit=0 --word=8 --parity=no --stop=1"',
    'GRUB_TERMINAL="serial console"',
    'GRUB_TIMEOUT="5"',
    'GRUB_TIMEOUT_STYLE="menu"',
  ]);
  expect(await asRoot('cd /boot && ls vmlinuz-* initrd.img-*')).toBe(
    `initrd.img-${kernel}\nvmlinuz-${kernel}\n`,
  );
}

/** Which entries GRUB's menu has, and what each starts. */
const menu = (place: string): string => `grep -E '^[[:space:]]*(menuentry|linux|initrd) ' ${place}`;

/** GRUB's own tools take over: afterwards the menu is the same, and made by them. */
export async function updateGrub({ asRoot }: Guest): Promise<void> {
  const before = await asRoot(menu('/boot/grub/grub.cfg'));
  expect(await asRoot('update-grub 2>&1')).toMatch(/\ndone\n$/);
  const after = await asRoot(menu('/boot/grub/grub.cfg'));
  // Where there is UEFI, GRUB adds an entry that leads into its settings.
  expect(after.replace(/^menuentry 'UEFI .*\n/m, '')).toBe(before);
}

export async function installGrub({ asRoot }: Guest, target: string, options: string): Promise<void> {
  expect(await asRoot(`grub-install --target=${target} ${options} 2>&1`)).toBe(
    `Installing for ${target} platform.\nInstallation finished. No error reported.\n`,
  );
}

/** What no two machines may have in common. */
export type Identity = { readonly machine: string; readonly hostKeys: readonly string[] };

/** Each with what it has to look like; the keys as the running server offers them. */
export async function identityOf({ asRoot }: Guest): Promise<Identity> {
  const machine = (await asRoot('cat /etc/machine-id')).trim();
  expect(machine).toMatch(/^[0-9a-f]{32}$/);
  const words = (text: string): readonly string[] => text.trimEnd().split('\n').sort();
  const stored = words(await asRoot("cut -d ' ' -f 1,2 /etc/ssh/ssh_host_*_key.pub"));
  expect(stored.map((key) => key.split(' ')[0])).toEqual(['ecdsa-sha2-nistp256', 'ssh-ed25519', 'ssh-rsa']);
  const offered = await asRoot("ssh-keyscan -T 60 127.0.0.1 2>/dev/null | cut -d ' ' -f 2,3");
  expect(words(offered)).toEqual(stored);
  return { machine, hostKeys: stored };
}

/** Two machines made from one image. */
export function expectDistinct(one: Identity, other: Identity): void {
  expect(one.machine).not.toBe(other.machine);
  expect(one.hostKeys.filter((key) => other.hostKeys.includes(key))).toEqual([]);
}
