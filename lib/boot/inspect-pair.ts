// SPDX-License-Identifier: Apache-2.0
import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Host } from '../host/host.ts';
import { BuildFailure } from '../model/failure.ts';
import type { Problem } from '../model/problem.ts';
import { machineProgram, needPrograms } from './need-programs.ts';
import { headLength, isKernelFor, isRamdisk } from './pair-formats.ts';
import type { BootArch, KernelStart } from './qemu-argv.ts';

/** A kernel and the RAM disk it starts with, as the user gave them. */
export type BootPair = {
  readonly kernel: string;
  /** Null: the kernel does without. */
  readonly initrd: string | null;
  /** Words of the kernel's command line, after those that give it the serial console; may be empty. */
  readonly append: string;
};

/** Looks whether both are what they ought to be. @throws BuildFailure when one is not, or QEMU is not installed. */
export async function inspectPair(host: Host, pair: BootPair, arch: BootArch): Promise<KernelStart> {
  await needPrograms(host, [machineProgram(arch)]);
  const problems = [
    ...(await kernelProblems(pair.kernel, arch)),
    ...(pair.initrd === null ? [] : await initrdProblems(pair.initrd)),
  ];
  if (problems.length > 0) throw new BuildFailure({ kind: 'input-invalid', problems });
  return {
    kernel: resolve(pair.kernel),
    initrd: pair.initrd === null ? null : resolve(pair.initrd),
    commandLine: [`console=${serialConsole(arch)}`, pair.append].filter((words) => words !== '').join(' '),
  };
}

/** The device by which Linux knows the machine's serial console. */
export const serialConsole = (arch: BootArch): string => (arch === 'x86_64' ? 'ttyS0' : 'ttyAMA0');

async function kernelProblems(file: string, arch: BootArch): Promise<readonly Problem[]> {
  const head = await headOf(file);
  if (head === null) return [{ message: `kernel ${file} does not exist or cannot be read` }];
  if (isKernelFor(head, arch)) return [];
  return [{ message: `kernel ${file} is no Linux kernel for ${arch}`, hints: kernelHints(head, arch) }];
}

function kernelHints(head: Uint8Array, arch: BootArch): readonly string[] {
  if (isRamdisk(head)) return ['it looks like a RAM disk: is that for --initrd?'];
  const other = arch === 'x86_64' ? 'aarch64' : 'x86_64';
  return isKernelFor(head, other) ? [`it is one for ${other}: --arch says for which to boot`] : [];
}

async function initrdProblems(file: string): Promise<readonly Problem[]> {
  const head = await headOf(file);
  if (head === null) return [{ message: `initrd ${file} does not exist or cannot be read` }];
  if (isRamdisk(head)) return [];
  const hint =
    'it has to be a cpio archive, compressed with gzip, xz, zstd, lz4, bzip2, lzma or lzo or not at all';
  return [{ message: `initrd ${file} is no RAM disk`, hints: [hint] }];
}

/** Null when it cannot be read. */
async function headOf(file: string): Promise<Uint8Array | null> {
  try {
    const handle = await open(file, 'r');
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(headLength), 0, headLength, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch {
    return null;
  }
}
