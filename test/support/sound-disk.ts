// SPDX-License-Identifier: Apache-2.0
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { ExtReader, Partition } from './read-disk.ts';
import { answerOf, extract } from './read-disk.ts';

/** The container has neither errors nor leaks. */
export async function expectSoundQcow2(image: string): Promise<void> {
  const { exitStatus, stdout } = await answerOf('qemu-img', 'check', image);
  expect({ exitStatus, verdict: stdout.split('\n')[0] }).toEqual({
    exitStatus: 0,
    verdict: 'No errors were found on the image.',
  });
}

export async function expectSoundMbr(raw: string): Promise<void> {
  const { exitStatus, stdout } = await answerOf('sfdisk', '--verify', raw);
  const lines = stdout.trimEnd().split('\n');
  expect({ exitStatus, lines }).toEqual({
    exitStatus: 0,
    lines: [
      `${raw}:`,
      'No errors detected.',
      expect.stringMatching(/^Remaining \d+ unallocated 512-byte sectors\.$/) as string,
    ],
  });
}

/** Both tables, by the tools of two projects. */
export async function expectSoundGpt(raw: string): Promise<void> {
  const verified = await answerOf('sfdisk', '--verify', raw);
  expect({ ...verified, stdout: verified.stdout.split('\n').slice(0, 3) }).toEqual({
    exitStatus: 0,
    stdout: [`${raw}:`, 'No errors detected.', 'Header version: 1.0'],
  });
  const checked = await answerOf('sgdisk', '--verify', raw);
  expect(checked.exitStatus).toBe(0);
  expect(checked.stdout).toMatch(/^No problems found\. /m);
}

export async function expectSoundExt(raw: string, { start }: Partition): Promise<void> {
  const { exitStatus, stdout } = await answerOf('e2fsck', '-fn', `${raw}?offset=${start}`);
  const lines = stdout.trimEnd().split('\n');
  expect({ exitStatus, lines }).toEqual({
    exitStatus: 0,
    lines: [
      'Pass 1: Checking inodes, blocks, and sizes',
      'Pass 2: Checking directory structure',
      'Pass 3: Checking directory connectivity',
      'Pass 4: Checking reference counts',
      'Pass 5: Checking group summary information',
      expect.stringMatching(/^cloudimg-rootfs: \d+\/\d+ files .*, \d+\/\d+ blocks$/) as string,
    ],
  });
}

export async function expectSoundVfat(raw: string, partition: Partition, directory: string): Promise<void> {
  const file = join(directory, 'partition.vfat');
  await extract(raw, partition, file);
  const { exitStatus, stdout } = await answerOf('fsck.vfat', '-n', file);
  await rm(file);
  const lines = stdout.trimEnd().split('\n');
  expect({ exitStatus, lines }).toEqual({
    exitStatus: 0,
    lines: [
      expect.stringMatching(/^fsck\.fat \d/) as string,
      expect.stringMatching(/: \d+ files, \d+\/\d+ clusters$/) as string,
    ],
  });
}

/** Nothing that one machine must not share with another, or that only served the build, is in a system that never ran. */
export async function expectFresh({ names, text }: ExtReader): Promise<void> {
  expect(await text('/etc/machine-id')).toBe('uninitialized\n');
  expect((await names('/etc')).filter((name) => name.startsWith('resolv.conf'))).toEqual([]);
  expect(await names('/tmp')).toEqual([]);
  expect(await names('/var/tmp')).toEqual([]);
  expect(await names('/root')).toEqual(['.bashrc', '.profile', '.ssh']);
  expect(await names('/usr/sbin')).not.toContain('policy-rc.d');
  expect(await names('/usr/local/sbin')).toEqual(['growroot']);
  expect(await names('/var/lib/apt/lists')).toEqual(['partial']);
  expect(await names('/var/cache/apt/archives')).toEqual(['partial']);
  expect(await names('/etc/apt/apt.conf.d')).toEqual([
    '01autoremove',
    '70debconf',
    '95disable-recommends',
    '95no-translations',
  ]);
  expect(await names('/etc/dpkg/dpkg.cfg.d')).toEqual([]);
  expect(await names('/etc/apt/sources.list.d')).toEqual(['default.list', 'security.list', 'updates.list']);
  expect((await names('/etc/ssh')).filter((name) => name.includes('host'))).toEqual([]);
}
