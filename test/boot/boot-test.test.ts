// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bootTest, defaultBootOptions } from '../../lib/boot/boot-test.ts';
import type { BootOptions, BootResult } from '../../lib/boot/boot-test.ts';
import { openConsole } from '../../lib/boot/console-session.ts';
import { doesGuestAnswer } from '../../lib/boot/probe-accelerator.ts';
import { realHost } from '../../lib/host/real-host.ts';
import { bootOnce } from '../support/boot-once.ts';
import { requires } from '../support/requires.ts';

requires({ programs: ['qemu-system-x86_64', 'qemu-img', 'setpriv'] });

let directory: string;
beforeAll(async () => void (directory = await mkdtemp(join(tmpdir(), 'boot-images-'))));
afterAll(() => rm(directory, { recursive: true }));

/** A disk whose boot sector writes a text to the first serial port and then halts the processor. */
async function talkingImage(name: string, text: string): Promise<string> {
  const sector = Buffer.alloc(512);
  // cld; xor ax,ax; mov ds,ax; mov dx,0x3f8; mov si,0x7d00; 1: lodsb; test al,al; jz 2; out dx,al; jmp 1; 2: hlt; jmp 2
  const code = 'fc31c08ed8baf803be007dac84c07403eeebf8f4ebfd';
  sector.set(Buffer.from(code, 'hex'));
  sector.set(Buffer.from(`${text}\0`), 0x100);
  sector.set([0x55, 0xaa], 510);
  const path = join(directory, name);
  await writeFile(path, Buffer.concat([sector, Buffer.alloc(1024 * 1024 - 512)]));
  return path;
}

const boot = (image: string, options: Partial<BootOptions> = {}): Promise<BootResult> =>
  bootOnce({ images: [image], ...options });

const digest = async (path: string): Promise<string> =>
  createHash('sha256')
    .update(await readFile(path))
    .digest('hex');

describe('an image booted by BIOS', () => {
  test('passes at its login prompt, escapes or not, and is not written to', async () => {
    const image = await talkingImage('login.raw', '\u001b[2J\u001b[1;1HTiny 1\r\n\u001b[0mtiny login: ');
    const before = await digest(image);
    const result = await boot(image);
    expect(result).toEqual({
      image,
      firmware: 'bios',
      accelerator: 'tcg',
      passed: true,
      reason: null,
      bootMilliseconds: result.bootMilliseconds,
      script: null,
      lastLines: ['Tiny 1', 'tiny login:'],
    });
    expect(result.bootMilliseconds).toBeGreaterThan(0);
    expect(await digest(image)).toBe(before);
  });

  test('passes at the text that was asked for, and a name with a comma does no harm', async () => {
    const result = await boot(await talkingImage('a,b.raw', 'ready to serve'), { expect: 'to serve' });
    expect(result).toMatchObject({ passed: true, lastLines: ['ready to serve'] });
  });

  test('fails in time when the text does not come, with what came instead', async () => {
    const image = await talkingImage('silent.raw', 'nothing of interest');
    const result = await boot(image, { timeoutSeconds: 6 });
    expect(result).toEqual({
      image,
      firmware: 'bios',
      accelerator: 'tcg',
      passed: false,
      reason: 'no login prompt within 6 s',
      bootMilliseconds: null,
      script: null,
      lastLines: ['nothing of interest'],
    });
  });

  test('fails at once when the kernel panics', async () => {
    const image = await talkingImage('panic.raw', 'Kernel panic - not syncing: no init');
    expect(await boot(image)).toMatchObject({
      passed: false,
      reason: 'the kernel panicked',
      lastLines: ['Kernel panic - not syncing: no init'],
    });
  });

  test('fails when it is interrupted', async () => {
    const image = await talkingImage('quiet.raw', 'waiting');
    const signal = AbortSignal.timeout(500);
    expect(await boot(image, { signal })).toMatchObject({ passed: false, reason: 'interrupted' });
  });

  test('fails with the words of QEMU when the machine cannot start', async () => {
    const image = await talkingImage('large.raw', 'x');
    const { reason } = await boot(image, { memoryMebibytes: 1e9 });
    expect(reason).toMatch(/^the machine ended by itself \(exit status 1\): qemu-system-x86_64: /);
  });
});

test('UEFI comes up to its shell from a disk that holds nothing to boot', async () => {
  const image = await talkingImage('empty.raw', '');
  expect(await boot(image, { firmware: 'uefi', expect: 'Shell>' })).toMatchObject({
    firmware: 'uefi',
    passed: true,
  });
  expect(await boot(image, { firmware: 'uefi' })).toMatchObject({
    passed: false,
    reason: 'the firmware found nothing to boot and opened its own shell',
  });
});

test('both firmwares are tried in turn', async () => {
  const image = await talkingImage('both.raw', 'Shell> login: ');
  const told: string[] = [];
  const result = await bootTest(realHost, {
    ...defaultBootOptions,
    images: [image],
    arch: 'x86_64',
    accelerator: 'tcg',
    firmware: 'both',
    expect: 'Shell>',
    onBoot: ({ firmware }) => void told.push(firmware),
  });
  expect(told).toEqual(['bios', 'uefi']);
  expect(result.boots.map(({ firmware, passed }) => [firmware, passed])).toEqual([
    ['bios', true],
    ['uefi', true],
  ]);
  expect(result.passed).toBe(true);
});

describe('what cannot be tried', () => {
  test.each([
    [
      'an image that is not there',
      { images: ['/nowhere/a.qcow2'] },
      'image /nowhere/a.qcow2 does not exist or cannot be read',
    ],
    [
      'a script that is not there',
      { images: ['/dev/null'], script: '/nowhere/s' },
      "script /nowhere/s cannot be read: ENOENT: no such file or directory, open '/nowhere/s'",
    ],
  ])('%s', async (_name, changes, message) => {
    const options = { ...defaultBootOptions, arch: 'x86_64', accelerator: 'tcg', ...changes } as const;
    await expect(bootTest(realHost, options)).rejects.toMatchObject({
      failure: { kind: 'input-invalid', problems: [{ message }] },
    });
  });
});

test('the probe that KVM has to pass is passed by a machine that works', async () => {
  expect(await doesGuestAnswer('tcg')).toBe(true);
});

test('a console session waits for texts in turn and says what it saw when one does not come', async () => {
  const image = await talkingImage('session.raw', 'one\r\ntwo\r\nthree\r\n');
  const session = await openConsole(realHost, image, {
    firmware: 'bios',
    arch: 'x86_64',
    memoryMebibytes: 64,
    timeoutSeconds: 20,
    accelerator: 'tcg',
  });
  try {
    await session.waitFor(/^two$/m);
    await session.waitFor(/^three$/m);
    await expect(session.waitFor(/^one$/m, 0.2)).rejects.toThrow('one\ntwo\nthree');
  } finally {
    await session.close();
  }
});

test('nothing is left behind in the temporary directory', async () => {
  expect((await readdir(tmpdir())).filter((name) => name.startsWith('boot-test-'))).toEqual([]);
});
