// SPDX-License-Identifier: Apache-2.0
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { realHost } from '../../lib/host/real-host.ts';
import { buildImage } from '../support/built-image.ts';
import { withGuest } from '../support/guest.ts';
import { expectNetwork, expectRunning, expectSoundPackages, identityOf } from '../support/guest-checks.ts';
import { useImageDirectory } from '../support/image-directory.ts';
import { requires } from '../support/requires.ts';
import { packageRoot } from '../support/run-command.ts';

const isReady = requires({
  namespaces: true,
  network: true,
  programs: ['mmdebstrap', 'qemu-system-x86_64', 'qemu-img', 'mformat', 'mcopy'],
});

const directory = useImageDirectory();
let image: string;
beforeAll(async () => {
  const request = { directory: directory(), name: 'base.qcow2', words: ['vm', 'base', 'devuser'] };
  if (isReady) image = await buildImage(request);
});

test('vm base comes up where nobody tells cloud-init anything, and does not wait for it', async ({
  annotate,
}) => {
  await withGuest({ image, firmware: 'bios' }, async (guest) => {
    await annotate(`vm base without a seed: logged in after ${guest.loginSeconds.toFixed(1)} s`);
    await expectRunning(guest);
    await expectNetwork(guest);
    await expectSoundPackages(guest);
    await identityOf(guest);
    expect(await guest.asRoot('cloud-init status --long | head -n 2')).toBe(
      'status: disabled\nboot_status_code: disabled-by-generator\n',
    );
  });
});

type Ended = { readonly exitStatus: number | null; readonly lines: readonly string[] };

async function bootTestWith(script: string): Promise<Ended> {
  const file = join(directory(), 'script');
  await writeFile(file, script);
  const program = join(packageRoot, 'bin/diskimage-builder');
  const lines: string[] = [];
  const { exitStatus } = await realHost.run({
    argv: [program, 'boot-test', image, '--run', file],
    onLine: (line) => lines.push(line),
  });
  return { exitStatus, lines };
}

test('a script handed in by boot-test runs as root in a system that came up whole', async () => {
  const { exitStatus, lines } = await bootTestWith(`#!/bin/bash
id -u -n
# cloud-init itself is still at work on this script.
systemctl --failed --no-legend --plain
cloud-init query platform
[ "$(findmnt --noheadings --output FSTYPE /)" = ext4 ]
`);
  expect(lines).toEqual([
    expect.stringMatching(/^Starting .*\/base\.qcow2 \(BIOS, (KVM|TCG)\)$/),
    expect.stringMatching(/^passed {2}.*\/base\.qcow2 \(BIOS, (KVM|TCG)\): up after \d+\.\d s$/),
    '  The script: exit status 0',
    '    root',
    '    nocloud',
  ]);
  expect(exitStatus).toBe(0);
});

test('a script that fails makes boot-test fail, and says how', async () => {
  const { exitStatus, lines } = await bootTestWith('#!/bin/sh\necho here it ends\nexit 7\n');
  expect(exitStatus).toBe(1);
  expect(lines.slice(1, 4)).toEqual([
    expect.stringMatching(/^FAILED .*: the script ended with exit status 7; up after \d+\.\d s$/),
    '  The script: exit status 7',
    '    here it ends',
  ]);
});
