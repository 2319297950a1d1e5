// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import { bootTest, defaultBootOptions } from '../boot/boot-test.ts';
import type { BootOptions } from '../boot/boot-test.ts';
import { describeBootResult } from '../boot/describe-boot-result.ts';
import { plainNetwork, readNetwork } from '../boot/machine-network.ts';
import type { MachineNetwork } from '../boot/machine-network.ts';
import { gatherFacts } from '../host/gather-facts.ts';
import { realHost } from '../host/real-host.ts';
import type { AddSubcommand } from './subcommand.ts';
import type { Surroundings } from './surroundings.ts';

type Options = {
  readonly kernel?: string;
  readonly initrd?: string;
  readonly append?: string;
  readonly net?: readonly MachineNetwork[];
  readonly disk?: readonly string[];
  readonly firmware?: BootOptions['firmware'];
  readonly expect?: string;
  readonly timeout: number;
  readonly run?: string;
  readonly arch?: keyof typeof archs;
  readonly memory: number;
  readonly accelerator?: NonNullable<BootOptions['accelerator']>;
};

const archs = { amd64: 'x86_64', arm64: 'aarch64' } as const;

/** `diskimage-builder boot-test`: starts images, or kernels with RAM disks, in a virtual machine and looks whether they come up. */
export const addBootTest: AddSubcommand = (program, surroundings, finish) => {
  const { timeoutSeconds, memoryMebibytes } = defaultBootOptions;
  const command = program
    .command('boot-test')
    .summary('start images in a virtual machine and see whether they come up')
    .description(
      'Starts each disk image under QEMU, waits for a login prompt on the serial console and prints how long that ' +
        'took. With --kernel it starts that kernel instead, with the RAM disk of --initrd and with all images as ' +
        'disks of one machine: a login prompt is good, and so is the line by which a RAM disk of this project says ' +
        'that it is ready. A machine that restarts before is not. The images are not changed.',
    )
    .argument('[image...]', 'disk images in any format that QEMU reads')
    .option('--kernel <file>', 'start this kernel')
    .option('--initrd <file>', 'with this RAM disk')
    .option('--append <text>', "words for the kernel's command line, which begins with the serial console")
    .option('--disk <file>', 'one more disk of every machine; may be given several times', collect)
    .option(
      '--net <words>',
      'a network interface, may be given several times: user, mac=ADDRESS, forward=PORT:GUEST_PORT with commas ' +
        'between; none for none. Ports are forwarded from 127.0.0.1 only',
      collectNetwork,
    )
    .addOption(new Option('--firmware <firmware>', 'what starts the image').choices(['bios', 'uefi', 'both']))
    .option('--expect <text>', 'wait for this text instead')
    .option('--timeout <seconds>', 'give up after this long', wholeNumber, timeoutSeconds)
    .option('--run <script>', 'run a script in the guest, through cloud-init, and take its exit status')
    .addOption(new Option('--arch <arch>', "default: this machine's").choices(Object.keys(archs)))
    .option('--memory <megabytes>', 'memory of the machine', wholeNumber, memoryMebibytes)
    .addOption(
      new Option('--accelerator <name>', 'default: kvm if it works, else tcg').choices(['kvm', 'tcg']),
    )
    .action(async (images: readonly string[], options: Options) => {
      refuseHalves(command, images, options);
      finish(await testImages(images, options, surroundings));
    });
};

/** What makes no sense without something else. */
function refuseHalves(
  command: Command,
  images: readonly string[],
  { kernel, initrd, append }: Options,
): void {
  if (kernel !== undefined) return;
  const lonely = initrd !== undefined ? '--initrd' : append !== undefined ? '--append' : null;
  if (lonely !== null) command.error(`error: ${lonely} goes with --kernel`);
  if (images.length === 0) command.error('error: name a disk image, or a kernel with --kernel');
}

async function testImages(
  images: readonly string[],
  options: Options,
  { environment, write, onInterrupt, quit }: Surroundings,
): Promise<number> {
  const facts = await gatherFacts(environment['PATH'] ?? '');
  const arch = archs[options.arch ?? (facts.arch === 'arm64' ? 'arm64' : 'amd64')];
  const stop = new AbortController();
  const release = onInterrupt(() => {
    if (stop.signal.aborted) quit(130);
    stop.abort();
  });
  try {
    const result = await bootTest(realHost, {
      images,
      pair: pairOf(options),
      disks: options.disk ?? [],
      networks: options.net ?? [plainNetwork],
      arch,
      firmware: options.firmware ?? (arch === 'aarch64' ? 'uefi' : 'bios'),
      expect: options.expect ?? null,
      timeoutSeconds: options.timeout,
      script: options.run ?? null,
      memoryMebibytes: options.memory,
      accelerator: options.accelerator ?? null,
      signal: stop.signal,
      onBoot: ({ image, firmware, accelerator }) => {
        write(`Starting ${image} (${firmware.toUpperCase()}, ${accelerator.toUpperCase()})\n`);
      },
    });
    write(describeBootResult(result));
    return stop.signal.aborted ? 130 : result.passed ? 0 : 1;
  } finally {
    release();
  }
}

const pairOf = ({ kernel, initrd, append = '' }: Options): BootOptions['pair'] =>
  kernel === undefined ? null : { kernel, initrd: initrd ?? null, append };

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

function collectNetwork(words: string, before: readonly MachineNetwork[] = []): readonly MachineNetwork[] {
  const network = readNetwork(words);
  if (typeof network === 'string') throw new InvalidArgumentError(network);
  return network === null ? before : [...before, network];
}

function wholeNumber(text: string): number {
  if (!/^0*[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('Give a whole number above 0.');
  return Number(text);
}
