// SPDX-License-Identifier: Apache-2.0
import { BuildFailure } from '../model/failure.ts';
import { describeFailure, shellWord } from '../report/describe-failure.ts';
import type { Surroundings } from './surroundings.ts';
import { processSurroundings, versionLine } from './surroundings.ts';
import { exitStatusOf } from './exit-status.ts';

/** Each is loaded only when it is the one that runs: hooks call some of them often. */
const programs = {
  'disk-image-create': async (surroundings) =>
    (await import('./build-image.ts')).buildImage(surroundings, 'disk-image-create'),
  'ramdisk-image-create': async (surroundings) =>
    (await import('./build-image.ts')).buildImage(surroundings, 'ramdisk-image-create'),
  'disk-image-get-kernel': async (surroundings) =>
    (await import('./get-kernel.ts')).getKernelCommand(surroundings),
  'diskimage-builder': async (surroundings) =>
    (await import('./diskimage-builder.ts')).diskimageBuilder(surroundings),
  'element-info': async (surroundings) => (await import('./element-info.ts')).elementInfo(surroundings),
  'dib-block-device': async (surroundings) =>
    (await import('./dib-block-device.ts')).dibBlockDevice(surroundings),
  'dib-lint': async (surroundings) => (await import('./dib-lint.ts')).dibLint(surroundings),
} as const satisfies Record<string, (surroundings: Surroundings) => Promise<number>>;

export type ProgramName = keyof typeof programs;

/** Runs a command of this name on this process's words and sets its exit status: 0, 1, 2 or 130. */
export async function main(program: ProgramName): Promise<void> {
  leaveQuietlyWhenNobodyReads();
  const surroundings = processSurroundings();
  try {
    process.exitCode = await programs[program](surroundings);
  } catch (error) {
    process.exitCode = reportError(error, program, surroundings);
  }
}

/** `disk-image-create --help | head` is no error. */
function leaveQuietlyWhenNobodyReads(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      process.exit();
    });
  }
}

function reportError(error: unknown, program: ProgramName, { argv, writeError }: Surroundings): number {
  if (error instanceof BuildFailure) {
    const resumeCommand = [program, ...argv].map(shellWord).join(' ');
    writeError(describeFailure(error.failure, { logFile: null, resumeCommand }));
    return exitStatusOf(error.failure);
  }
  const said = error instanceof Error ? (error.stack ?? error.message) : String(error);
  writeError(`${said}\n\nThis is a bug in ${versionLine()}: please report it with the lines above.\n`);
  return 1;
}
