// SPDX-License-Identifier: Apache-2.0
import type { Failure } from '../model/failure.ts';
import { unreachable } from '../model/unreachable.ts';
import { describeProblems } from './describe-problems.ts';
import { settledLine } from './fit-width.ts';
import { formatBytes } from './quantities.ts';

/** What the failure itself cannot know. */
export type FailureContext = {
  /** Null: no log file was asked for. */
  readonly logFile: string | null;
  /** The command line that goes on where the build broke: the same one, as the user would type it. */
  readonly resumeCommand: string;
  /** The way the build was kept apart; missing when it had not got so far. */
  readonly isolation?: string;
};

/** A failure in words: what failed, what it said, where the rest is and how to go on. Ends with a line end. */
export function describeFailure(failure: Failure, context: FailureContext): string {
  return `${paragraphs(failure, context)
    .filter((paragraph) => paragraph !== '')
    .join('\n\n')}\n`;
}

/** A failure in words for whom several images are built: its name in front, and nothing of how to go on with each. */
export function describeFailureOf(
  image: string | undefined,
  failure: Failure,
  context: FailureContext,
): string {
  if (image === undefined) return describeFailure(failure, context);
  return failure.kind === 'interrupted'
    ? `${image}: The build was interrupted.\n`
    : `${image}: ${describeFailure(failure, context)}`;
}

function paragraphs(failure: Failure, context: FailureContext): readonly string[] {
  switch (failure.kind) {
    case 'hook-failed': {
      const { phase, script, element, exitStatus, lastLines } = failure;
      return [
        `Hook ${phase}/${script}${ofElement(element)} failed: ${exitWords(exitStatus)}.`,
        printed(lastLines),
        lackOfRights(lastLines, context),
        whereToLook(context),
        resume('this hook', context),
      ];
    }
    case 'packages-failed': {
      const { phase, packages, exitStatus, lastLines } = failure;
      return [
        `Installing packages after ${phase} failed: ${exitWords(exitStatus)}.`,
        `The packages: ${packages.join(' ')}`,
        printed(lastLines),
        whereToLook(context),
        resume('this step', context),
      ];
    }
    case 'command-failed': {
      const { doing, argv, exitStatus, signal, lastLines } = failure;
      return [
        `${capitalised(doing)} failed: ${commandEnd(exitStatus, signal)}.`,
        `The command:\n    ${argv.map(shellWord).join(' ')}`,
        printed(lastLines),
        whereToLook(context),
        resume('this point', context),
      ];
    }
    case 'empty-tree':
      return [
        'The tree is empty after root.d: no element put an operating system into it.',
        'Name an element that provides operating-system, for example debian or debian-minimal.',
      ];
    case 'missing-programs':
      return [
        `Programs that this build needs are missing on this machine:\n${needsTable(failure.needs)}`,
        'Run bin/setup to install them (bin/setup --check only reports).',
      ];
    case 'no-space':
      return [
        `No space is left on ${failure.path} while ${failure.doing}.`,
        'Free some there, or name a roomier place with TMPDIR (temporary files) or --image-cache (the store).',
        resume('this point', context),
      ];
    case 'image-too-small':
      return [
        `The content of file system ${failure.fileSystem} does not fit: it needs ${formatBytes(failure.neededBytes)}, ` +
          `the image leaves it ${formatBytes(failure.availableBytes)}.`,
        'Give a larger --image-size, or leave it out to get the size that is needed.',
        resume('this point', context),
      ];
    case 'input-invalid':
      return [describeProblems(failure.problems).trimEnd()];
    case 'interrupted':
      return ['The build was interrupted.', resume('where it was', context)];
    case 'worker-killed':
      return [
        'The worker, which carries out the build, was killed.',
        'Perhaps memory ran out: then the kernel says so (dmesg). --no-tmpfs keeps the image out of memory.',
        resume('where it was', context),
      ];
    case 'unexpected':
      return [
        `Something went wrong inside the builder: ${failure.message}`,
        failure.stack === null ? '' : indented(failure.stack.split('\n')),
        'This is a bug, not your mistake: please report it with the lines above.',
        whereToLook(context),
      ];
    default:
      return unreachable(failure);
  }
}

/** Of some hooks nobody knows whose they are: another hook may have put them there. */
const ofElement = (element: string): string => (element === '' ? '' : ` of element ${element}`);

function exitWords(exitStatus: number): string {
  if (exitStatus === 126) return 'exit status 126 (a program could not be executed)';
  if (exitStatus === 127) return 'exit status 127 (a command was not found)';
  const signal = exitStatus - 128;
  return signal > 0 && signal < 65
    ? `exit status ${exitStatus} (ended by signal ${signal}${signal === 9 ? ', perhaps for want of memory' : ''})`
    : `exit status ${exitStatus}`;
}

function commandEnd(exitStatus: number | null, signal: string | null): string {
  if (exitStatus !== null) return exitWords(exitStatus);
  return signal === null ? 'the program could not be started' : `ended by ${signal}`;
}

function printed(lastLines: readonly string[]): string {
  if (lastLines.length === 0) return 'It printed nothing.';
  const title = lastLines.length === 1 ? 'The last line' : `The last ${lastLines.length} lines`;
  return `${title} it printed:\n${indented(lastLines.map(settledLine))}`;
}

/** What hooks that were written for root run into. */
function lackOfRights(lastLines: readonly string[], { isolation }: FailureContext): string {
  const isRefused = lastLines.some((line) => /not permitted|permission denied/i.test(line));
  if (isolation !== 'user-namespace' || !isRefused) return '';
  return (
    'The build ran in a user namespace, where nobody can make device files or mount a sysfs.\n' +
    'If that is what the hook wants, build as root, or with --isolation=sudo.'
  );
}

const whereToLook = ({ logFile }: FailureContext): string =>
  logFile === null
    ? 'No log file was kept; --logfile FILE, or the variable LOGFILE, keeps one.'
    : `Log file: ${logFile}`;

const resume = (from: string, { resumeCommand }: FailureContext): string =>
  `To go on from ${from} (finished layers are reused), run the same command again:\n    ${resumeCommand}`;

const indented = (lines: readonly string[]): string =>
  lines.map((line) => `    ${line}`.trimEnd()).join('\n');

const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function needsTable(needs: readonly { readonly program: string; readonly reason: string }[]): string {
  const width = Math.max(...needs.map(({ program }) => program.length));
  return needs.map(({ program, reason }) => `  ${program.padEnd(width)}  ${reason}`).join('\n');
}

/** A word as a shell reads it back. */
export const shellWord = (word: string): string =>
  /^[\w%+,./:=@^-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
