// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Host } from '../host/host.ts';
import { BuildFailure } from '../model/failure.ts';
import { lastConsoleLines } from './console-text.ts';
import { inspectImage } from './inspect-image.ts';
import type { DiskImage } from './inspect-image.ts';
import { probeAccelerator } from './probe-accelerator.ts';
import type { Accelerator, BootArch, Firmware } from './qemu-argv.ts';
import { markedRun, withoutMarked } from './script-markers.ts';
import type { Seed } from './script-seed.ts';
import { startMachine } from './virtual-machine.ts';
import { waitForBoot } from './wait-for-boot.ts';
import type { BootOutcome } from './wait-for-boot.ts';

/** What `diskimage-builder boot-test` is asked to do. */
export type BootOptions = {
  readonly images: readonly string[];
  readonly firmware: Firmware | 'both';
  readonly arch: BootArch;
  /** Text to wait for on the serial console; null: a login prompt. */
  readonly expect: string | null;
  /** For each boot, its script included. */
  readonly timeoutSeconds: number;
  /** A program file for cloud-init to run in the guest as root; null: none. */
  readonly script: string | null;
  readonly memoryMebibytes: number;
  /** Null: KVM when a guest really runs under it, else emulation. */
  readonly accelerator: Accelerator | null;
  /** Ends the machine that runs and fails the test. */
  readonly signal?: AbortSignal;
  /** Told before each boot. */
  readonly onBoot?: (boot: Pick<BootResult, 'image' | 'firmware' | 'accelerator'>) => void;
};

export const defaultBootOptions = {
  firmware: 'bios',
  expect: null,
  timeoutSeconds: 300,
  script: null,
  memoryMebibytes: 1024,
  accelerator: null,
} as const satisfies Partial<BootOptions>;

/** Plain data, one entry for each image and firmware, in the order asked for. */
export type BootTestResult = { readonly passed: boolean; readonly boots: readonly BootResult[] };

export type BootResult = BootOutcome & {
  readonly image: string;
  readonly firmware: Firmware;
  readonly accelerator: Accelerator;
  readonly passed: boolean;
  /** The end of what the serial console showed. */
  readonly lastLines: readonly string[];
};

/**
 * Boots every image on a throw-away overlay and looks whether it comes up.
 * @throws BuildFailure when it cannot be tried: an image is missing or no disk, a program or the firmware is missing.
 */
export async function bootTest(host: Host, options: BootOptions): Promise<BootTestResult> {
  const images = await Promise.all(options.images.map((path) => inspectImage(host, path, options.arch)));
  const script = options.script === null ? null : await readScript(options.script);
  const accelerator = options.accelerator ?? (await probeAccelerator(options.arch));
  const firmwares = options.firmware === 'both' ? (['bios', 'uefi'] as const) : [options.firmware];
  const boots: BootResult[] = [];
  for (const image of images)
    for (const firmware of firmwares)
      boots.push(await bootOnce(host, { options, image, firmware, accelerator, script }));
  return { passed: boots.every(({ passed }) => passed), boots };
}

type OneBoot = {
  readonly options: BootOptions;
  readonly image: DiskImage;
  readonly firmware: Firmware;
  readonly accelerator: Accelerator;
  readonly script: Buffer | null;
};

async function readScript(path: string): Promise<Buffer> {
  return readFile(path).catch((error: unknown) => {
    const message = `script ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    throw new BuildFailure({ kind: 'input-invalid', problems: [{ message }] });
  });
}

async function bootOnce(host: Host, boot: OneBoot): Promise<BootResult> {
  const { options, image, firmware, accelerator } = boot;
  options.onBoot?.({ image: image.name, firmware, accelerator });
  const { arch, memoryMebibytes } = options;
  const mark = boot.script === null ? null : `boot-test-${randomBytes(6).toString('hex')}`;
  const seed = boot.script === null || mark === null ? null : seedFor(boot.script, mark, arch);
  const machine = await startMachine(host, { image, firmware, arch, accelerator, memoryMebibytes, seed });
  try {
    const expectation = { text: options.expect, scriptMark: mark };
    const outcome = await waitForBoot(machine, expectation, options);
    const lastLines = lastConsoleLines(withoutMarked(machine.console(), mark), 20);
    return {
      image: image.name,
      firmware,
      accelerator,
      passed: outcome.reason === null,
      lastLines,
      ...outcome,
    };
  } finally {
    await machine.kill();
  }
}

function seedFor(script: Buffer, mark: string, arch: BootArch): Seed {
  const consoleDevice = arch === 'x86_64' ? '/dev/ttyS0' : '/dev/ttyAMA0';
  return { userData: markedRun(script, mark, consoleDevice), instanceId: mark };
}
