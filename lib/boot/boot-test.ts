// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Host } from '../host/host.ts';
import { BuildFailure } from '../model/failure.ts';
import { lastConsoleLines } from './console-text.ts';
import { inspectImage } from './inspect-image.ts';
import { inspectPair, serialConsole } from './inspect-pair.ts';
import type { BootPair } from './inspect-pair.ts';
import { plainNetwork } from './machine-network.ts';
import type { MachineNetwork } from './machine-network.ts';
import { probeAccelerator } from './probe-accelerator.ts';
import type { Accelerator, BootArch, Firmware, KernelStart, MachineDisk } from './qemu-argv.ts';
import { markedRun, withoutMarked } from './script-markers.ts';
import type { Seed } from './script-seed.ts';
import { startMachine } from './virtual-machine.ts';
import { waitForBoot } from './wait-for-boot.ts';
import type { BootOutcome } from './wait-for-boot.ts';

/** What `diskimage-builder boot-test` is asked to do. */
export type BootOptions = {
  /** Each is started by itself; with a pair they are disks of the machine that it starts. */
  readonly images: readonly string[];
  /** Null: the images start by what is on them. */
  readonly pair: BootPair | null;
  /** Further disks of every machine. */
  readonly disks: readonly string[];
  /** Network interfaces of every machine. */
  readonly networks: readonly MachineNetwork[];
  readonly firmware: Firmware | 'both';
  readonly arch: BootArch;
  /** Text to wait for on the serial console; null: a login prompt, with a pair the RAM disk's own ready line as well. */
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
  pair: null,
  disks: [],
  networks: [plainNetwork],
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
  /** The image, or kernel and RAM disk, as the user gave them. */
  readonly image: string;
  readonly firmware: Firmware;
  readonly accelerator: Accelerator;
  readonly passed: boolean;
  /** The end of what the serial console showed. */
  readonly lastLines: readonly string[];
};

/**
 * Boots every image, or the pair, on throw-away overlays and looks whether it comes up.
 * @throws BuildFailure when it cannot be tried: a file is missing or not what it should be, or a program or the firmware is missing.
 */
export async function bootTest(host: Host, options: BootOptions): Promise<BootTestResult> {
  const subjects = await inspectSubjects(host, options);
  const script = options.script === null ? null : await readScript(options.script);
  const accelerator = options.accelerator ?? (await probeAccelerator(options.arch));
  const firmwares = options.firmware === 'both' ? (['bios', 'uefi'] as const) : [options.firmware];
  const boots: BootResult[] = [];
  for (const subject of subjects)
    for (const firmware of firmwares)
      boots.push(await bootOnce(host, { options, subject, firmware, accelerator, script }));
  return { passed: boots.every(({ passed }) => passed), boots };
}

/** What one machine is started from. */
type Subject = {
  readonly name: string;
  readonly kernel: KernelStart | null;
  readonly disks: readonly MachineDisk[];
};

async function inspectSubjects(host: Host, options: BootOptions): Promise<readonly Subject[]> {
  const { pair, arch } = options;
  const inspectAll = (files: readonly string[]) =>
    Promise.all(files.map((file) => inspectImage(host, file, arch)));
  const kernel = pair === null ? null : await inspectPair(host, pair, arch);
  const [images, further] = await Promise.all([inspectAll(options.images), inspectAll(options.disks)]);
  if (pair !== null) return [{ name: nameOfPair(pair), kernel, disks: [...images, ...further] }];
  return images.map((image) => ({ name: image.name, kernel, disks: [image, ...further] }));
}

const nameOfPair = ({ kernel, initrd }: BootPair): string =>
  initrd === null ? kernel : `${kernel} with ${initrd}`;

type OneBoot = {
  readonly options: BootOptions;
  readonly subject: Subject;
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
  const { options, subject, firmware, accelerator } = boot;
  const { name, kernel, disks } = subject;
  options.onBoot?.({ image: name, firmware, accelerator });
  const { arch, memoryMebibytes, networks } = options;
  const mark = boot.script === null ? null : `boot-test-${randomBytes(6).toString('hex')}`;
  const seed = boot.script === null || mark === null ? null : seedFor(boot.script, mark, arch);
  const hardware = { arch, accelerator, memoryMebibytes, firmware, disks, networks };
  const machine = await startMachine(host, { ...hardware, kernel, endsOnRestart: kernel !== null, seed });
  try {
    const expectation = { text: options.expect, scriptMark: mark, isRamdisk: kernel !== null };
    const outcome = await waitForBoot(machine, expectation, options);
    const lastLines = lastConsoleLines(withoutMarked(machine.console(), mark), 20);
    return { image: name, firmware, accelerator, passed: outcome.reason === null, lastLines, ...outcome };
  } finally {
    await machine.kill();
  }
}

function seedFor(script: Buffer, mark: string, arch: BootArch): Seed {
  return { userData: markedRun(script, mark, `/dev/${serialConsole(arch)}`), instanceId: mark };
}
