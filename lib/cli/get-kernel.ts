// SPDX-License-Identifier: Apache-2.0
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Host } from '../host/host.ts';
import { realHost } from '../host/real-host.ts';
import type { BootPatterns } from '../inspect/boot-files.ts';
import { getKernel } from '../inspect/get-kernel.ts';
import { BuildFailure } from '../model/failure.ts';
import type { Problem, Result } from '../model/problem.ts';
import { failed, success } from '../model/problem.ts';
import { shellWord } from '../report/describe-failure.ts';
import { describeProblems } from '../report/describe-problems.ts';
import { exitStatusOf } from './exit-status.ts';
import { normaliseArguments } from './normalise-arguments.ts';
import type { OptionShape } from './normalise-arguments.ts';
import type { Variables } from './read-settings.ts';
import type { Surroundings } from './surroundings.ts';
import { versionLine } from './surroundings.ts';

const help = `Usage: disk-image-get-kernel -i IMAGE [-d DIRECTORY] [-o PREFIX] [-x]

Copies the newest kernel of a disk image and its initrd into two files and prints
their names. Needs no root: nothing is mounted, the image is not changed.

  -i IMAGE
        Disk image to read: raw or qcow2, with an MBR, a GPT or no partition
        table, and ext2 to ext4, xfs, btrfs or FAT on it.
  -d DIRECTORY
        Where to put the files. [default: /tmp]
  -o PREFIX
        What their names begin with: PREFIX-vmlinuz and PREFIX-initrd.
        [default: baremetal]
  -x
        Show the commands that are run.
  --version
        Print the version and stop.
  -h, --help
        Print this and stop.

Which kernel is taken follows from the operating system in the image. These
variables, set together, say it instead, in patterns like those of a shell:

  DIB_BAREMETAL_KERNEL_PATTERN, DIB_BAREMETAL_INITRD_PATTERN

Exit status: 0 done, 1 reading failed, 2 something in the command line or the
image is wrong and nothing was written.

Example: disk-image-get-kernel -i image.qcow2 -d . -o web
`;

const shapes: readonly OptionShape[] = [
  { flags: ['-i'], argument: { name: 'IMAGE', isOptional: false } },
  { flags: ['-d'], argument: { name: 'DIRECTORY', isOptional: false } },
  { flags: ['-o'], argument: { name: 'PREFIX', isOptional: false } },
  ...['-x', '-h', '--help', '--version'].map((flag) => ({ flags: [flag], argument: null })),
];

/** The command `disk-image-get-kernel`. @returns its exit status. */
export async function getKernelCommand(surroundings: Surroundings): Promise<number> {
  const { argv, environment, workingDirectory, write, writeError } = surroundings;
  const asked = readWords(argv);
  if (asked.shows !== null) {
    write(asked.shows === 'help' ? help : `${versionLine()}\n`);
    return 0;
  }
  const patterns = readPatterns(environment);
  const problems = [...asked.problems, ...(patterns.ok ? [] : patterns.problems)];
  if (problems.length > 0 || !patterns.ok || asked.image === null) {
    writeError(describeProblems(problems));
    return 2;
  }
  const request = {
    image: asked.image,
    patterns: patterns.value,
    directory: resolve(workingDirectory, asked.directory),
    prefix: asked.prefix,
    temporaryDirectory: environment['TMPDIR'] || tmpdir(),
  };
  try {
    const files = await getKernel(asked.traces ? traced(realHost, writeError) : realHost, request);
    write(`${files.kernel},${files.initrd}\n`);
    return 0;
  } catch (error) {
    writeError(describeProblems(problemsIn(error)));
    return error instanceof BuildFailure ? exitStatusOf(error.failure) : 1;
  }
}

/** In the words of what is read here: there is no build to resume. @throws whatever else it is. */
function problemsIn(error: unknown): readonly Problem[] {
  if (!(error instanceof BuildFailure)) throw error;
  const { failure } = error;
  if (failure.kind === 'input-invalid') return failure.problems;
  if (failure.kind === 'missing-programs') {
    return failure.needs.map(({ program, reason }) => ({
      message: `${program} is not installed: it ${reason}`,
      hints: ['`bin/setup` installs what is missing'],
    }));
  }
  if (failure.kind !== 'command-failed') throw error;
  const { argv, doing, exitStatus, signal, lastLines } = failure;
  const how = signal === null ? `exit status ${String(exitStatus)}` : `signal ${signal}`;
  return [{ message: `${doing} failed: ${argv[0] ?? ''} ended with ${how}`, hints: lastLines }];
}

type Asked = {
  readonly image: string | null;
  readonly directory: string;
  readonly prefix: string;
  readonly traces: boolean;
  readonly shows: 'help' | 'version' | null;
  readonly problems: readonly Problem[];
};

function readWords(argv: readonly string[]): Asked {
  const { words, problems } = normaliseArguments(argv, shapes);
  const { given, operands } = takeApart(words);
  const image = given.get('-i') || null;
  const prefix = given.get('-o') ?? 'baremetal';
  const wantsHelp = given.has('-h') || given.has('--help');
  return {
    image,
    directory: given.get('-d') ?? '/tmp',
    prefix,
    traces: given.has('-x'),
    shows: wantsHelp ? 'help' : given.has('--version') ? 'version' : null,
    problems: [
      ...problems,
      ...(image === null ? [noImage] : []),
      ...(prefix.includes('/') ? [prefixWithSlash(prefix)] : []),
      ...operands.map(surplus),
    ],
  };
}

/** @param words Each option spelt out, an argument behind it, then `--`. */
function takeApart(words: readonly string[]): {
  readonly given: ReadonlyMap<string, string>;
  readonly operands: readonly string[];
} {
  const rest = [...words];
  const given = new Map<string, string>();
  for (let word = rest.shift(); word !== undefined && word !== '--'; word = rest.shift()) {
    given.set(word, takesArgument(word) ? (rest.shift() ?? '') : '');
  }
  return { given, operands: rest };
}

const takesArgument = (flag: string): boolean =>
  shapes.some(({ flags, argument }) => flags.includes(flag) && argument !== null);

const noImage: Problem = {
  message: 'you must specify an image to read from with -i FILE',
  hints: ['for example: disk-image-get-kernel -i image.qcow2'],
};

const prefixWithSlash = (prefix: string): Problem => ({
  message: `-o: ${prefix} is no beginning of a file's name`,
  hints: [`write -d for the directory, as in -d ${join(prefix, '..')}`],
});

const surplus = (word: string): Problem => ({
  message: `${word} is one word too many`,
  hints: [`write -i ${shellWord(word)} if it is the image`],
});

function readPatterns(environment: Variables): Result<BootPatterns | null> {
  const kernel = environment['DIB_BAREMETAL_KERNEL_PATTERN'] || null;
  const initrd = environment['DIB_BAREMETAL_INITRD_PATTERN'] || null;
  if (kernel !== null && initrd !== null) return success({ kernel, initrd });
  if (kernel === initrd) return success(null);
  const [set, unset] = kernel === null ? ['INITRD', 'KERNEL'] : ['KERNEL', 'INITRD'];
  return failed({
    message: `DIB_BAREMETAL_${set}_PATTERN is set, but DIB_BAREMETAL_${unset}_PATTERN is not`,
    hints: ['set both or none'],
  });
}

const traced = (host: Host, writeError: (text: string) => void): Host => ({
  ...host,
  run: (command) => {
    writeError(`+ ${command.argv.map(shellWord).join(' ')}\n`);
    return host.run(command);
  },
});
