// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { expectationName, ownEnd, viewBoot } from '../../../lib/boot/view-boot.ts';

const prompt = { text: null, scriptMark: null, isRamdisk: false };

describe('a boot without a script', () => {
  test.each([
    'Debian GNU/Linux 12 x ttyS0\n\nx login: ',
    'x login:',
    'x login: [   12.345] random: crng init done',
  ])('is complete at the login prompt: %j', (console) => {
    expect(viewBoot(console, prompt)).toEqual({
      isUp: true,
      script: null,
      isComplete: true,
      hopeless: null,
    });
  });

  test.each(['Last login: Mon', 'login: root', 'Starting login service', ''])('goes on at %j', (console) => {
    expect(viewBoot(console, prompt)).toEqual({
      isUp: false,
      script: null,
      isComplete: false,
      hopeless: null,
    });
  });

  test('is complete at the text that was asked for, whatever it is, and only there', () => {
    const expectation = { ...prompt, text: 'Shell>' };
    expect(viewBoot('Shell> ', expectation).isComplete).toBe(true);
    expect(viewBoot('x login: ', expectation).isComplete).toBe(false);
  });
});

describe('a RAM disk', () => {
  const ramdisk = { ...prompt, isRamdisk: true };

  test.each([
    'init: eth0 has the address 10.0.2.15\ninit: 80-deploy from deploy\n',
    'init: done; reboot\n',
    'x login: ',
  ])('is up at %j', (console) => {
    expect(viewBoot(console, ramdisk)).toMatchObject({ isUp: true, isComplete: true, hopeless: null });
  });

  test.each(['init: eth0 has the address 10.0.2.15\n', 'init: 80-deploy from dep', ''])(
    'is not at %j',
    (console) => {
      expect(viewBoot(`${console}[    1.2] more`, ramdisk)).toMatchObject({ isUp: false, hopeless: null });
    },
  );

  test('is none where an image was to start by itself, or a text was asked for', () => {
    expect(viewBoot('init: done; reboot\n', prompt).isUp).toBe(false);
    expect(viewBoot('init: done; reboot\n', { ...ramdisk, text: 'x' }).isUp).toBe(false);
  });
});

describe('a boot that has come to a dead end', () => {
  test.each([
    ['[    1.2] Kernel panic - not syncing: VFS: Unable to mount root fs', 'the kernel panicked'],
    [
      'error: unknown filesystem.\ngrub rescue> ',
      'GRUB found no configuration and fell into its rescue shell',
    ],
    ['grub> ', 'GRUB found no configuration and fell into its shell'],
    ['You are in emergency mode. After logging in', 'systemd fell into emergency mode'],
    [
      'BusyBox v1.35\n(initramfs) ',
      'the initial RAM disk did not find the root file system and opened a shell',
    ],
    ['init: failed: there is no console', '/init of the RAM disk failed'],
    ['init: the fragment 80-a from b failed: it asked for help', '/init of the RAM disk failed'],
    ['BdsDxe: No bootable option or device was found.', 'the firmware found nothing to boot'],
    ['UEFI v2.70\nShell> ', 'the firmware found nothing to boot and opened its own shell'],
  ])('%j', (console, reason) => {
    expect(viewBoot(console, prompt)).toEqual({
      isUp: false,
      script: null,
      isComplete: false,
      hopeless: reason,
    });
  });

  test('is no dead end when it has gone on since', () => {
    const later = Array.from({ length: 50 }, (_, line) => `line ${line}`).join('\n');
    expect(viewBoot(`Shell> \n${later}`, prompt).hopeless).toBeNull();
  });
});

describe('a boot with a script', () => {
  const expectation = { ...prompt, scriptMark: 'MARK' };

  test('is not complete at the login prompt', () => {
    expect(viewBoot('x login: ', expectation)).toEqual({
      isUp: true,
      script: null,
      isComplete: false,
      hopeless: null,
    });
  });

  test('is up when the script begins, and complete when it ends, with what it printed', () => {
    expect(viewBoot('\nMARK<\nMARK|1|one', expectation)).toEqual({
      isUp: true,
      script: { exitStatus: null, output: 'one\n' },
      isComplete: false,
      hopeless: null,
    });
    expect(
      viewBoot('MARK<\nMARK|1|one\n[ 9.1] noise\nMARK|2|\nMARK>3.2.1.\nMARK>3.2.2.\n', expectation),
    ).toEqual({
      isUp: true,
      script: { exitStatus: 3, output: 'one\n\n' },
      isComplete: true,
      hopeless: null,
    });
  });

  test('half a status is no end', () => {
    expect(viewBoot('MARK<\nMARK>12', expectation).isComplete).toBe(false);
    expect(viewBoot('MARK<\nMARK>12.0.1', expectation).isComplete).toBe(false);
  });

  test('a line that the console lost or cut is waited for until all has been told three times', () => {
    const lossy = 'MARK<\nMARK|1|one\nMARK|3|thr\nMARK>0.3.1.\n';
    expect(viewBoot(lossy, expectation).isComplete).toBe(false);
    const told = viewBoot(`${lossy}MARK|1|one\nMARK|2|two\nMARK|3|three\nMARK>0.3.2.\n`, expectation);
    expect(told).toMatchObject({ isComplete: true, script: { exitStatus: 0, output: 'one\ntwo\nthree\n' } });
    const lost = viewBoot(`${lossy}MARK|3|three\nMARK>0.3.2.\nMARK>0.3.3.\n`, expectation);
    expect(lost).toMatchObject({ isComplete: true, script: { exitStatus: 0, output: 'one\nthree\n' } });
  });

  test('waits for the text, too, when one was asked for', () => {
    const both = { ...prompt, text: 'ready', scriptMark: 'MARK' };
    expect(viewBoot('MARK<\nMARK>0.0.1.\n', both).isComplete).toBe(false);
    expect(viewBoot('MARK<\nMARK>0.0.1.\nready', both).isComplete).toBe(true);
  });
});

test('what is waited for has a name', () => {
  expect([
    expectationName(prompt),
    expectationName({ ...prompt, isRamdisk: true }),
    expectationName({ ...prompt, scriptMark: 'M' }),
    expectationName({ ...prompt, text: 'up!', scriptMark: 'M', isRamdisk: true }),
  ]).toEqual(['login prompt', 'login prompt and no ready RAM disk', 'end of the script', '"up!"']);
});

describe('a machine that has ended', () => {
  test.each([
    ['[    3.1] reboot: Restarting system\n', 'the machine restarted'],
    ['done\n[   12.345678] reboot: Power down\n', 'the machine switched itself off'],
    ['[    1.2] Kernel panic - not syncing: x\n[    2.2] Rebooting in 1 seconds..\n', 'the kernel panicked'],
    ['echo reboot: Restarting system', null],
    ['', null],
  ])('%j', (console, end) => {
    expect(ownEnd(console)).toBe(end);
  });
});
