// SPDX-License-Identifier: Apache-2.0
import type { PlannedRamdisk, RamdiskFile, RamdiskWords } from '../model/plan.ts';
import { columns } from './columns.ts';

/** What a RAM disk will hold, as lines. */
export function describeRamdisk({
  programs,
  modules,
  fragments,
  rules,
  hooks,
}: PlannedRamdisk): readonly string[] {
  return [
    ...part('programs, besides busybox and a shell', programs.map(wordCells)),
    ...part('kernel modules', modules.map(wordCells)),
    ...part('pieces of /init', fragments.map(fileCells)),
    ...part('rules of udev', rules.map(fileCells)),
    ...part(
      'ramdisk-install.d  in the tree',
      hooks.map(({ element, script }) => [script, element]),
    ),
  ];
}

const part = (title: string, rows: readonly (readonly string[])[]): readonly string[] =>
  rows.length === 0 ? [] : [`  ${title}`, ...columns(rows, 4)];

const wordCells = ({ wantedBy, words }: RamdiskWords): readonly string[] => [wantedBy, words.join(' ')];

const fileCells = ({ element, path }: RamdiskFile): readonly string[] => [path, element];
