// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { GiB } from '../../lib/model/brands.ts';
import { buildImage, quick } from '../support/built-image.ts';
import { withGuest } from '../support/guest.ts';
import type { Guest } from '../support/guest.ts';
import { expectRunning } from '../support/guest-checks.ts';
import { useImageDirectory } from '../support/image-directory.ts';
import { virtualSize } from '../support/read-disk.ts';
import { requires } from '../support/requires.ts';
import { packageRoot } from '../support/run-command.ts';

const isReady = requires({
  namespaces: true,
  network: true,
  programs: ['mmdebstrap', 'qemu-system-x86_64', 'qemu-img'],
});

const directory = useImageDirectory();
let image: string;
beforeAll(async () => {
  if (!isReady) return;
  image = await buildImage({
    directory: directory(),
    name: 'web.qcow2',
    words: ['vm', 'debian-minimal', 'devuser', 'web', 'web-here', 'notes'],
    environment: {
      FLAVOURS_DIR: join(packageRoot, 'test/fixtures/flavours'),
      ...quick,
    },
  });
});

const boot = <T>(use: (guest: Guest) => Promise<T>): Promise<T> =>
  withGuest({ image, firmware: 'bios', keepsChanges: true }, use);

/** What the scripts have written: which one, in which boot of the machine. */
async function ranIn({ asRoot }: Guest): Promise<readonly (readonly [script: string, bootId: string])[]> {
  const lines = (await asRoot('cat /etc/web/log')).trimEnd().split('\n');
  return lines.map((line) => line.split(' at boot ') as [string, string]);
}

const bootIdOf = async ({ asRoot }: Guest): Promise<string> =>
  (await asRoot('cat /proc/sys/kernel/random/boot_id')).trim();

const logOf = async ({ asRoot }: Guest): Promise<readonly string[]> =>
  (await asRoot("sed 's/^....-..-.. ..:..:.. //' /var/log/first-boot.log")).trimEnd().split('\n');

const journalOf = ({ asRoot }: Guest): Promise<string> =>
  asRoot('journalctl --boot --no-pager --output cat --unit first-boot.service');

test('the size is the one that the last flavour asks for', async () => {
  expect(await virtualSize(image)).toBe(3 * GiB);
});

test('scripts run in order, each once; what failed, and what comes after it, at the next boot', async ({
  annotate,
}) => {
  const first = await boot(async (guest) => {
    const { asRoot } = guest;
    await annotate(`first boot: logged in after ${guest.loginSeconds.toFixed(1)} s`);
    expect(await asRoot('systemctl is-system-running --wait || true')).toBe('degraded\n');
    expect(await asRoot('systemctl list-units --failed --no-legend --plain')).toMatch(
      /^first-boot\.service .*\n$/,
    );
    const id = await bootIdOf(guest);
    expect(await ranIn(guest)).toEqual([
      ['early', id],
      ['name', id],
      ['certificate', id],
    ]);
    expect(await asRoot('ls -A /etc/first-boot.d')).toBe('.run\n20-certificate\n30-start\nwords\n');
    const before = await asRoot('systemctl show --property Before --value first-boot.service');
    expect(before.trim().split(' ')).toContain('multi-user.target');
    expect(guest.console()).toContain('Hello from the first script');
    expect(guest.console()).toContain('there is no certificate yet');
    expect(await logOf(guest)).toEqual([
      'first-boot: running 9-early',
      'first-boot: 9-early is done',
      'first-boot: running 10-name',
      'Hello from the first script',
      'first-boot: 10-name is done',
      'first-boot: running 20-certificate',
      'there is no certificate yet',
      'first-boot: 20-certificate failed with exit status 3: it and what comes after it is left to the next boot',
    ]);
    expect(await journalOf(guest)).toContain('\nHello from the first script\n');
    await asRoot('touch /etc/web/certificate');
    await guest.powerOff();
    return id;
  });
  const second = await boot(async (guest) => {
    const { asRoot } = guest;
    await expectRunning(guest);
    const id = await bootIdOf(guest);
    expect((await ranIn(guest)).slice(2)).toEqual([
      ['certificate', first],
      ['certificate', id],
      ['start', id],
    ]);
    expect((await logOf(guest)).slice(8)).toEqual([
      'first-boot: running 20-certificate',
      'first-boot: 20-certificate is done',
      'first-boot: running 30-start',
      'first-boot: 30-start is done',
      'first-boot: all scripts are done',
    ]);
    // What a script left running goes on, and what it prints is still written down.
    const processes = '/sys/fs/cgroup/system.slice/first-boot.service/cgroup.procs';
    expect(await asRoot(`for id in $(cat ${processes}); do cat /proc/$id/comm; done | sort`)).toBe(
      'sleep\ntee\n',
    );
    expect(await asRoot('ls -d /etc/first-boot.d 2>/dev/null || true')).toBe('');
    expect(await asRoot('find /etc /usr -name "first-boot.*"')).toBe('');
    await guest.powerOff();
    return id;
  });
  expect(second).not.toBe(first);
  await boot(async (guest) => {
    await expectRunning(guest);
    expect(await ranIn(guest)).toHaveLength(5);
    expect(await guest.asRoot('systemctl list-units --all --no-legend --plain first-boot.service')).toBe('');
  });
});
