// SPDX-License-Identifier: Apache-2.0
import { resolve } from 'node:path';
import { Argument, Command } from 'commander';
import { readBlockDeviceParams } from '../disk/block-device-params.ts';
import { symbolValue } from '../disk/block-device-symbols.ts';
import { planLayout } from '../disk/plan-layout.ts';
import { bytes, MiB } from '../model/brands.ts';
import type { Result } from '../model/problem.ts';
import { failed } from '../model/problem.ts';
import { describeProblems } from '../report/describe-problems.ts';
import { inOurWords, parseProgram } from './parse-program.ts';
import { readTextFile } from './read-text.ts';
import type { Surroundings } from './surroundings.ts';

/** The command `dib-block-device`, which hooks ask about the disk of their build. @returns its exit status. */
export async function dibBlockDevice(surroundings: Surroundings): Promise<number> {
  let status = 0;
  const program = inOurWords(new Command('dib-block-device'), surroundings)
    .description('Tells hooks of the disk that their build makes.')
    .option('--params <file>', 'parameters of the build (default: DIB_BLOCK_DEVICE_PARAMS_YAML)');
  program
    .command('getval')
    .description('Prints what the layout says, for example root-label.')
    .addArgument(new Argument('<symbol>'))
    .action((symbol: string) => {
      status = getval(symbol, program.opts<{ readonly params?: string }>().params, surroundings);
    });
  for (const { name, answer } of doneByBuilder) {
    program
      .command(name)
      .description(`${answer}.`)
      .action(() => {
        surroundings.writeError(`dib-block-device ${name}: ${answer}\n`);
        status = name === 'create' && !hasDevice(surroundings) ? 1 : 0;
      });
  }
  return (await parseProgram(program, surroundings)) ?? status;
}

/** Steps that were once the callers'. Only of `create` would a caller expect something that is not there. */
const doneByBuilder = [
  { name: 'init', answer: 'nothing is to be done, the builder has planned the disk before the first hook' },
  {
    name: 'create',
    answer:
      'the builder makes the disk itself; it attaches devices when a hook of finalise.d names IMAGE_BLOCK_DEVICE',
  },
  { name: 'writefstab', answer: 'nothing is to be done, the builder writes /etc/fstab after post-root.d' },
  { name: 'umount', answer: 'nothing is to be done, the builder unmounts the disk after the last hook' },
  { name: 'cleanup', answer: 'nothing is to be done, the builder cleans up when the build ends' },
  { name: 'delete', answer: 'nothing is to be done, the builder cleans up when a build fails' },
] as const;

const hasDevice = ({ environment }: Surroundings): boolean =>
  (environment['IMAGE_BLOCK_DEVICE'] ?? '') !== '';

function getval(symbol: string, params: string | undefined, surroundings: Surroundings): number {
  const path = params ?? surroundings.environment['DIB_BLOCK_DEVICE_PARAMS_YAML'] ?? '';
  const value = path === '' ? failed(noParams) : answer(symbol, path, surroundings);
  if (!value.ok) {
    surroundings.writeError(describeProblems(value.problems));
    return 2;
  }
  surroundings.write(`${value.value}\n`);
  return 0;
}

const noParams = {
  message: 'no parameters of a build are named',
  hints: ['in hooks DIB_BLOCK_DEVICE_PARAMS_YAML names them; elsewhere give --params FILE'],
};

function answer(
  symbol: string,
  path: string,
  { environment, workingDirectory }: Surroundings,
): Result<string> {
  const text = readTextFile(resolve(workingDirectory, path));
  if (!text.ok) return text;
  const params = readBlockDeviceParams(text.value, path);
  if (!params.ok) return params;
  const { config, imageDirectory, rootLabel, rootFileSystemType: fileSystemType } = params.value;
  const layoutText = readTextFile(resolve(workingDirectory, config));
  if (!layoutText.ok) return layoutText;
  const request = { ...unasked, rootLabel, fileSystemType };
  const layout = planLayout({ config: layoutText.value, origin: config, request, seed: '' });
  return layout.ok ? symbolValue(symbol, { layout: layout.value, imageDirectory, environment }) : layout;
}

/** No symbol tells anything that depends on these. */
const unasked = {
  size: null,
  extraSize: null,
  journalSize: bytes(64 * MiB),
  maxOnlineResize: null,
  mkfsOptions: [],
  sectorSize: null,
  config: null,
} as const;
