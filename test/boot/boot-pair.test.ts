// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BootOptions, BootResult } from '../../lib/boot/boot-test.ts';
import { openPairConsole } from '../../lib/boot/console-session.ts';
import { realHost } from '../../lib/host/real-host.ts';
import { bootOnce } from '../support/boot-once.ts';
import { requires } from '../support/requires.ts';
import { runCommand } from '../support/run-command.ts';
import { ramdiskOf, talkingKernel } from '../support/talking-kernel.ts';

requires({ programs: ['qemu-system-x86_64', 'qemu-img', 'setpriv'] });

let directory: string;
let ramdisk: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'boot-pairs-'));
  ramdisk = await file('ramdisk', ramdiskOf('R'));
});
afterAll(() => rm(directory, { recursive: true }));

async function file(name: string, bytes: Buffer): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, bytes);
  return path;
}

const boot = (kernel: string, options: Partial<BootOptions> = {}): Promise<BootResult> =>
  bootOnce({ pair: { kernel, initrd: ramdisk, append: '' }, ...options });

describe('a kernel with a RAM disk', () => {
  test('passes at its login prompt', async () => {
    const kernel = await file('login', talkingKernel('Tiny 1\r\ntiny login: \r\n'));
    const result = await boot(kernel);
    expect(result).toEqual({
      image: `${kernel} with ${ramdisk}`,
      firmware: 'bios',
      accelerator: 'tcg',
      passed: true,
      reason: null,
      bootMilliseconds: result.bootMilliseconds,
      script: null,
      lastLines: expect.arrayContaining(['Tiny 1']) as unknown,
    });
    expect(result.bootMilliseconds).toBeGreaterThan(0);
  });

  test('is given a serial console, the words that are added, and the RAM disk', async () => {
    const kernel = await file('words', talkingKernel('started\r\n'));
    const session = await openPairConsole(
      realHost,
      { kernel, initrd: ramdisk, append: 'quiet a="b c"' },
      {
        ...{ firmware: 'bios', arch: 'x86_64', memoryMebibytes: 64, timeoutSeconds: 20, accelerator: 'tcg' },
        ...{ disks: [], networks: [], processors: 1 },
      },
    );
    try {
      await session.waitFor(/^started\nconsole=ttyS0 quiet a="b c"\nR\n/m);
    } finally {
      await session.close();
    }
    expect(await session.ended).toBe(null);
  });

  test('may go without the RAM disk, and has images for disks, which are not written to', async () => {
    const kernel = await file('alone', talkingKernel('started\r\n'));
    const image = await file('disk.raw', Buffer.alloc(1024 * 1024, 1));
    const before = createHash('sha256')
      .update(await readFile(image))
      .digest('hex');
    const pair = { kernel, initrd: null, append: 'root=/dev/vda' };
    const result = await boot(kernel, { pair, images: [image], disks: [image], expect: 'root=/dev/vda' });
    expect(result).toMatchObject({ image: kernel, passed: true });
    expect(
      createHash('sha256')
        .update(await readFile(image))
        .digest('hex'),
    ).toBe(before);
  });

  test.each([
    ['restarts', '[    3.1] reboot: Restarting system\r\n', 'the machine restarted'],
    ['panics and then restarts', '[    1.2] Kernel panic - not syncing: x\r\n', 'the kernel panicked'],
    ['ends without a word', '', 'the machine ended by itself (exit status 0)'],
  ])('fails when it %s', async (_name, text, reason) => {
    const kernel = await file('restarting', talkingKernel(text, 'restarts'));
    expect(await boot(kernel)).toMatchObject({ passed: false, reason, bootMilliseconds: null });
  });

  test('passes when it restarts after the text that was asked for', async () => {
    const kernel = await file('served', talkingKernel('served\r\n', 'restarts'));
    expect(await boot(kernel, { expect: 'served' })).toMatchObject({ passed: true, reason: null });
  });

  test('fails in time when nothing of that comes', async () => {
    const kernel = await file('silent', talkingKernel('nothing of interest'));
    expect(await boot(kernel, { timeoutSeconds: 6 })).toMatchObject({
      passed: false,
      reason: 'no login prompt and no ready RAM disk within 6 s',
      bootMilliseconds: null,
    });
  });
});

test('the command says what it starts and how long that took', async () => {
  const kernel = await file('command', talkingKernel('up\r\n'));
  const words = ['--kernel', kernel, '--initrd', ramdisk, '--append', 'go', '--expect', 'console=ttyS0 go'];
  const more = ['--arch', 'amd64', '--accelerator', 'tcg', '--memory', '64', '--timeout', '60'];
  const network = ['--net', 'mac=52:54:00:00:00:01', '--net', 'user'];
  const { status, stdout, stderr } = runCommand('diskimage-builder', [
    'boot-test',
    ...words,
    ...more,
    ...network,
  ]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout.replace(/\d+\.\d s\n$/, 'N s\n')).toBe(
    `Starting ${kernel} with ${ramdisk} (BIOS, TCG)\n` +
      `passed  ${kernel} with ${ramdisk} (BIOS, TCG): up after N s\n`,
  );
});
