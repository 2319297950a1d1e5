// SPDX-License-Identifier: Apache-2.0
import { writeFile } from 'node:fs/promises';
import { exists } from '../host/file-checks.ts';
import { startProcess } from '../host/start-process.ts';
import type { Accelerator, BootArch } from './qemu-argv.ts';
import { withUnlinkedFile } from './unlinked-file.ts';

const limitMilliseconds = 5000;
const answer = 0x2a;

/**
 * KVM only when a guest really runs: on some machines /dev/kvm is there and every guest hangs. The probe is a boot
 * sector that writes an answer to QEMU's debug-exit port; it speaks x86, so other machines are emulated.
 */
export async function probeAccelerator(arch: BootArch): Promise<Accelerator> {
  if (arch !== 'x86_64' || !(await exists('/dev/kvm'))) return 'tcg';
  return (await doesGuestAnswer('kvm')) ? 'kvm' : 'tcg';
}

/** Whether a tiny x86 guest runs under an accelerator and gives its answer in time. */
export function doesGuestAnswer(accelerator: Accelerator): Promise<boolean> {
  return withUnlinkedFile(
    (path) => writeFile(path, answeringSector),
    (descriptor) => isAnswered(accelerator, descriptor),
  );
}

/** `mov dx,0xf4; mov al,answer; out dx,al; hlt; jmp $-1`, and the signature that makes it bootable. */
const answeringSector = Buffer.alloc(512);
answeringSector.set([0xba, 0xf4, 0x00, 0xb0, answer, 0xee, 0xf4, 0xeb, 0xfd]);
answeringSector.set([0x55, 0xaa], 510);

async function isAnswered(accelerator: Accelerator, descriptor: number): Promise<boolean> {
  const ignore = (): void => undefined;
  const guest = startProcess(probeArgv(accelerator), {
    onData: ignore,
    onError: ignore,
    files: [descriptor],
  });
  const timer = setTimeout(guest.kill, limitMilliseconds);
  const { exitStatus } = await guest.exited;
  clearTimeout(timer);
  // The debug-exit device ends QEMU with twice the value and one.
  return exitStatus === answer * 2 + 1;
}

const probeArgv = (accelerator: Accelerator): [string, ...string[]] => [
  ...(['qemu-system-x86_64', '-nodefaults', '-no-user-config', '-machine', 'pc'] as const),
  ...['-accel', accelerator, '-cpu', 'max', '-m', '16', '-display', 'none'],
  ...['-device', 'isa-debug-exit,iobase=0xf4,iosize=0x04'],
  ...['-add-fd', 'fd=3,set=1', '-drive', 'if=floppy,format=raw,readonly=on,file=/dev/fdset/1', '-boot', 'a'],
];
