// SPDX-License-Identifier: Apache-2.0
import { MiB } from '../../../lib/model/brands.ts';
import { markdownTable } from '../markdown-table.ts';
import { median } from '../statistics.ts';

/** One boot of a pair. Seconds from the start of the machine. */
export type PairBoot = {
  readonly name: string;
  readonly kernelBytes: number;
  readonly ramdiskBytes: number;
  readonly initSeconds: number;
  readonly readySeconds: number;
};

/** What was measured on one machine. */
export type PairRun = {
  readonly machine: readonly string[];
  readonly memoryMebibytes: number;
  readonly boots: readonly PairBoot[];
};

/** What the kernel says when everything is unpacked and it hands over to the RAM disk. */
export const initBegins = /Run \/init as init process/;

/** The table, with a row for each kind that was booted. */
export function describePairs(
  { machine, memoryMebibytes, boots }: PairRun,
  kinds: readonly { readonly name: string; readonly title: string }[],
): readonly string[] {
  const rows = kinds.flatMap(({ name, title }) => {
    const own = boots.filter((boot) => boot.name === name);
    const last = own.at(-1);
    if (last === undefined) return [];
    const times = [own.map((boot) => boot.initSeconds), own.map((boot) => boot.readySeconds)];
    return [
      [
        title,
        mebibytes(last.kernelBytes),
        mebibytes(last.ramdiskBytes),
        ...times.map((seconds) => (median(seconds) ?? 0).toFixed(2)),
        String(own.length),
      ],
    ];
  });
  return [
    ...machine,
    `- virtual machine: QEMU without KVM, ${memoryMebibytes} MiB`,
    '',
    ...markdownTable(['', 'kernel MiB', 'RAM disk MiB', '/init begins s', 'ready s', 'boots'], rows),
  ];
}

const mebibytes = (bytes: number): string => (bytes / MiB).toFixed(1);
