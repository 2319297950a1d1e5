// SPDX-License-Identifier: Apache-2.0
import type { Host } from '../host/host.ts';
import { BuildFailure } from '../model/failure.ts';
import type { BootArch } from './qemu-argv.ts';

/** A program, and what it is wanted for. */
export type NeededProgram = { readonly program: string; readonly reason: string };

export const machineProgram = (arch: BootArch): NeededProgram => ({
  program: `qemu-system-${arch}`,
  reason: 'boots images for the boot test',
});

export const imageProgram: NeededProgram = { program: 'qemu-img', reason: 'tells the format of an image' };

/** @throws BuildFailure that names all that are not installed. */
export async function needPrograms(host: Host, wanted: readonly NeededProgram[]): Promise<void> {
  const found = await Promise.all(
    wanted.map(async ({ program }) => (await host.run({ argv: [program, '--version'] })).exitStatus === 0),
  );
  const needs = wanted.filter((_, index) => found[index] !== true);
  if (needs.length > 0) throw new BuildFailure({ kind: 'missing-programs', needs });
}
