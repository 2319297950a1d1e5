// SPDX-License-Identifier: Apache-2.0
import { InvalidArgumentError, Option } from 'commander';
import { bootTest, defaultBootOptions } from '../boot/boot-test.ts';
import type { BootOptions } from '../boot/boot-test.ts';
import { describeBootResult } from '../boot/describe-boot-result.ts';
import { gatherFacts } from '../host/gather-facts.ts';
import { realHost } from '../host/real-host.ts';
import type { AddSubcommand } from './subcommand.ts';
import type { Surroundings } from './surroundings.ts';

type Options = {
  readonly firmware?: BootOptions['firmware'];
  readonly expect?: string;
  readonly timeout: number;
  readonly run?: string;
  readonly arch?: keyof typeof archs;
  readonly memory: number;
  readonly accelerator?: NonNullable<BootOptions['accelerator']>;
};

const archs = { amd64: 'x86_64', arm64: 'aarch64' } as const;

/** `diskimage-builder boot-test`: starts images in a virtual machine and looks whether they come up. */
export const addBootTest: AddSubcommand = (program, surroundings, finish) => {
  const { timeoutSeconds, memoryMebibytes } = defaultBootOptions;
  program
    .command('boot-test')
    .summary('start images in a virtual machine and see whether they come up')
    .description(
      'Starts each disk image under QEMU, waits for a login prompt on the serial console and prints how long that ' +
        'took. The images are not changed.',
    )
    .argument('<image...>', 'disk images in any format that QEMU reads')
    .addOption(new Option('--firmware <firmware>', 'what starts the image').choices(['bios', 'uefi', 'both']))
    .option('--expect <text>', 'wait for this text instead of a login prompt')
    .option('--timeout <seconds>', 'give up after this long', wholeNumber, timeoutSeconds)
    .option('--run <script>', 'run a script in the guest, through cloud-init, and take its exit status')
    .addOption(new Option('--arch <arch>', "default: this machine's").choices(Object.keys(archs)))
    .option('--memory <megabytes>', 'memory of the machine', wholeNumber, memoryMebibytes)
    .addOption(
      new Option('--accelerator <name>', 'default: kvm if it works, else tcg').choices(['kvm', 'tcg']),
    )
    .action(async (images: readonly string[], options: Options) => {
      finish(await testImages(images, options, surroundings));
    });
};

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

function wholeNumber(text: string): number {
  if (!/^0*[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('Give a whole number above 0.');
  return Number(text);
}
