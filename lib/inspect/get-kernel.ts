// SPDX-License-Identifier: Apache-2.0
import { chmod, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Host } from '../host/host.ts';
import { BuildFailure } from '../model/failure.ts';
import type { Problem } from '../model/problem.ts';
import type { BootFiles, BootPatterns } from './boot-files.ts';
import { chooseBootFiles } from './boot-files.ts';
import { withRawDisk } from './disk-file.ts';
import type { DiskReader } from './disk-reader.ts';
import { openDisk } from './disk-reader.ts';
import type { BootPlace } from './find-boot.ts';
import { findBoot } from './find-boot.ts';

export type KernelRequest = {
  /** A disk image: raw, qcow2 or another format that qemu-img reads. */
  readonly image: string;
  /** Null: as the operating system in the image names its kernels. */
  readonly patterns: BootPatterns | null;
  /** Must exist. */
  readonly directory: string;
  /** Of the names of the two files. */
  readonly prefix: string;
  /** Where a copy of an image that is not raw may lie for a while. */
  readonly temporaryDirectory: string;
};

/** Base names of what was written. */
export type KernelFiles = { readonly kernel: string; readonly initrd: string };

/** Copies the newest kernel of an image and its initrd into files that everybody may read. @throws BuildFailure. */
export async function getKernel(host: Host, request: KernelRequest): Promise<KernelFiles> {
  const { image, directory, prefix } = request;
  await requireDirectory(directory);
  const files = { kernel: `${prefix}-vmlinuz`, initrd: `${prefix}-initrd` };
  await withRawDisk(host, request, async (raw) => {
    const reader = await openDisk(host, raw);
    const boot = await findBoot(reader, request.patterns);
    if (boot === null) throw invalid(nothingToBoot(image, reader.devices, request.patterns));
    const chosen = chooseBootFiles(boot.names, boot.rule, `${boot.place} of ${image}`);
    if (!chosen.ok) throw invalid(...chosen.problems);
    await copyBoth(reader, boot, { chosen: chosen.value, directory, files });
  });
  return files;
}

type Copies = {
  readonly chosen: BootFiles;
  readonly directory: string;
  readonly files: KernelFiles;
};

/** Neither file is seen under its name before both are whole. */
async function copyBoth(
  reader: DiskReader,
  { place }: BootPlace,
  { chosen, directory, files }: Copies,
): Promise<void> {
  const unfinished = await mkdtemp(join(directory, '.get-kernel-'));
  try {
    for (const kind of ['kernel', 'initrd'] as const) {
      await reader.copy(`${place}/${chosen[kind]}`, join(unfinished, kind));
      const { mode } = await stat(join(unfinished, kind));
      await chmod(join(unfinished, kind), mode | 0o444);
    }
    for (const kind of ['kernel', 'initrd'] as const) {
      await rename(join(unfinished, kind), join(directory, files[kind]));
    }
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

async function requireDirectory(directory: string): Promise<void> {
  const found = await stat(directory).catch(() => null);
  if (found?.isDirectory() === true) return;
  const message = `-d: ${directory} is ${found === null ? 'not there' : 'no directory'}`;
  throw invalid({ message, hints: ['make the directory first, or name another'] });
}

const invalid = (...problems: readonly Problem[]): BuildFailure =>
  new BuildFailure({ kind: 'input-invalid', problems });

const nothingToBoot = (
  image: string,
  devices: readonly string[],
  patterns: BootPatterns | null,
): Problem => ({
  message: `there is no kernel${patterns === null ? '' : ` ${patterns.kernel}`} in ${image}`,
  hints: [
    `looked in /boot and at the top of ${devices.join(', ')}: ext2 to ext4, xfs, btrfs, FAT and others that GRUB reads`,
    patterns === null
      ? 'an image that boots by itself has one: build it with the element vm'
      : 'correct DIB_BAREMETAL_KERNEL_PATTERN',
  ],
});
