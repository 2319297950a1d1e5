// SPDX-License-Identifier: Apache-2.0
import { mkdir, symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { HostPath } from '../../model/brands.ts';
import type { WorkerContext } from '../context.ts';
import { runTool } from '../context.ts';
import type { AttachedDisk } from './attach-disk.ts';
import { deviceOf } from './attach-disk.ts';

/** Shows the tree's own /dev the devices under their names, and the links that udev would make. */
export async function showDevices(
  context: WorkerContext,
  disks: readonly AttachedDisk[],
  dev: HostPath,
): Promise<void> {
  for (const { device, partitions } of disks) {
    for (const node of [device, ...partitions.values()])
      await runTool(context, `showing the tree ${node}`, { argv: ['cp', '--archive', node, `${dev}/`] });
  }
  for (const { directory, name, device } of disks.flatMap(linksOf)) {
    await mkdir(join(dev, 'disk', directory), { recursive: true });
    await symlink(`../../${basename(device)}`, join(dev, 'disk', directory, encoded(name)));
  }
}

type Link = { readonly directory: string; readonly name: string; readonly device: HostPath };

function linksOf(attached: AttachedDisk): readonly Link[] {
  const { disk, partitions } = attached;
  const ofFileSystems = disk.fileSystems.flatMap((fileSystem) => {
    const device = deviceOf(attached, fileSystem);
    return [
      { directory: 'by-uuid', name: fileSystem.uuid, device },
      { directory: 'by-label', name: fileSystem.label, device },
    ];
  });
  const ofPartitions = (disk.table?.partitions ?? []).flatMap(({ name, uuid }) => {
    const device = partitions.get(name);
    return device === undefined ? [] : [{ directory: 'by-partuuid', name: uuid.toLowerCase(), device }];
  });
  return [...ofFileSystems, ...ofPartitions].filter(({ name }) => name !== '');
}

/** As udev writes names: what could be mistaken in a path becomes `\x2f` and the like. */
const encoded = (name: string): string =>
  name.replace(/[^\p{L}\p{N}#+\-.:=@_]/gu, (character) =>
    [...Buffer.from(character)].map((byte) => String.raw`\x${byte.toString(16).padStart(2, '0')}`).join(''),
  );
