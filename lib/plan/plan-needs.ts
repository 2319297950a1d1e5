// SPDX-License-Identifier: Apache-2.0
import type { LoadedElement } from '../elements/read-element.ts';
import type { DiskLayout } from '../model/layout.ts';
import type { HostNeed } from '../model/plan.ts';

/** Host programs that making the disk starts, each with the reason. */
export function diskNeeds({ disks, fileSystems }: DiskLayout): readonly HostNeed[] {
  const table = disks.some((disk) => disk.table !== null)
    ? [{ program: 'sfdisk', reason: 'writes the partition table' }]
    : [];
  return [...table, ...fileSystems.flatMap(({ type }) => fileSystemNeeds(type))];
}

/** Host programs that giving hooks the image as a device starts. */
export const deviceNeeds: readonly HostNeed[] = [
  { program: 'losetup', reason: 'attaches the image to a loop device' },
  { program: 'addpart', reason: 'tells the kernel of its partitions' },
  { program: 'fstrim', reason: 'frees what hooks have deleted' },
];

/** What elements say in `element.yaml`. */
export function elementNeeds(elements: readonly LoadedElement[]): readonly HostNeed[] {
  return elements.flatMap(({ element }) =>
    Object.entries(element.settings.needs).map(([program, reason]) => ({
      program,
      reason: `${reason} (element ${element.name})`,
    })),
  );
}

/** One entry a program: the reasons of all that need it. */
export function mergeNeeds(needs: readonly HostNeed[]): readonly HostNeed[] {
  const reasons = new Map<string, readonly string[]>();
  for (const { program, reason } of needs) {
    reasons.set(program, [...new Set([...(reasons.get(program) ?? []), reason])]);
  }
  return [...reasons].map(([program, all]) => ({ program, reason: all.join('; ') }));
}

function fileSystemNeeds(type: string): readonly HostNeed[] {
  if (/^ext[234]$/.test(type))
    return [
      { program: 'mke2fs', reason: `makes and fills ${type} file systems` },
      { program: 'debugfs', reason: 'gives their root directories the right owner and mode' },
    ];
  if (type === 'swap') return [{ program: 'mkswap', reason: 'makes swap space' }];
  if (type !== 'vfat' && type !== 'fat') return [];
  return [
    { program: 'mkfs.vfat', reason: 'makes FAT file systems' },
    { program: 'mcopy', reason: 'fills FAT file systems' },
    { program: 'mmd', reason: 'makes directories on FAT file systems' },
  ];
}
