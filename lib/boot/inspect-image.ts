// SPDX-License-Identifier: Apache-2.0
import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Host } from '../host/host.ts';
import { BuildFailure } from '../model/failure.ts';
import { imageProgram, machineProgram, needPrograms } from './need-programs.ts';
import type { BootArch } from './qemu-argv.ts';

/** A file that QEMU can use as a disk. */
export type DiskImage = {
  /** As the user gave it. */
  readonly name: string;
  readonly path: string;
  readonly format: string;
};

/** Finds out the format of an image. @throws BuildFailure when it is none, or QEMU is not installed. */
export async function inspectImage(host: Host, file: string, arch: BootArch): Promise<DiskImage> {
  await needPrograms(host, [machineProgram(arch), imageProgram]);
  const path = resolve(file);
  await access(path).catch(() => invalid(`image ${file} does not exist or cannot be read`));
  const result = await host.run({ argv: ['qemu-img', 'info', '--force-share', '--output=json', path] });
  if (result.exitStatus !== 0) return invalid(`image ${file} is no disk image`, ...result.lastLines);
  const { format } = JSON.parse(result.stdout) as { readonly format: string };
  return { name: file, path, format };
}

function invalid(message: string, ...hints: readonly string[]): never {
  throw new BuildFailure({ kind: 'input-invalid', problems: [{ message, hints }] });
}
