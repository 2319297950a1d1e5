// SPDX-License-Identifier: Apache-2.0
import type { DiskLayout } from '../model/layout.ts';
import { didYouMean } from '../model/nearest-name.ts';
import type { Result } from '../model/problem.ts';
import { failed, success } from '../model/problem.ts';

/** What the symbols of `dib-block-device getval` are answered from. */
export type SymbolSource = {
  readonly layout: DiskLayout;
  readonly imageDirectory: string;
  /** The caller's: where there are block devices it names them. */
  readonly environment: Readonly<Record<string, string | undefined>>;
};

/** The text of a symbol. A name that is none is a problem, and so is a block device that there is not. */
export function symbolValue(symbol: string, source: SymbolSource): Result<string> {
  if (isSymbol(symbol)) return symbols[symbol](source);
  const names = Object.keys(symbols);
  return failed({
    message: `getval knows no symbol ${symbol}`,
    hints: [...didYouMean(symbol, names), `the symbols are ${names.join(', ')}`],
  });
}

const symbols = {
  'root-label': ({ layout }) => success(layout.rootLabel),
  'root-fstype': ({ layout }) => success(layout.rootFileSystemType),
  'boot-label': ({ layout }) => success(layout.bootLabel),
  'mount-points': ({ layout }) => success(layout.mountPoints.join('|')),
  'image-path': ({ layout, imageDirectory }) => success(`${imageDirectory}/${imageDisk(layout)}.raw`),
  'image-block-device': ({ environment }) => deviceIn(environment, 'IMAGE_BLOCK_DEVICE'),
  'image-block-devices': ({ environment }) => deviceIn(environment, 'IMAGE_BLOCK_DEVICES'),
} as const satisfies Readonly<Record<string, (source: SymbolSource) => Result<string>>>;

const isSymbol = (name: string): name is keyof typeof symbols => Object.hasOwn(symbols, name);

const imageDisk = ({ disks }: DiskLayout): string =>
  disks.find(({ name }) => name === 'image0')?.name ?? disks[0]?.name ?? 'image0';

function deviceIn(environment: SymbolSource['environment'], variable: string): Result<string> {
  const value = environment[variable] ?? '';
  if (value !== '') return success(value);
  return failed({
    message: `there is no block device: ${variable} is not set`,
    hints: [
      'the builder attaches devices for pre-finalise.d, finalise.d and cleanup.d when one of these hooks names IMAGE_BLOCK_DEVICE',
    ],
  });
}
