// SPDX-License-Identifier: Apache-2.0
import { open, readFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { BIOS_BOOT_PARTITION } from '../../disk/partition-types.ts';
import type { HostPath } from '../../model/brands.ts';
import { BuildFailure } from '../../model/failure.ts';
import type { SizedDisk, SizedTable } from '../../model/layout.ts';
import { bootSectors } from './boot-sectors.ts';
import type { WorkerContext } from '../context.ts';

const SECTOR = 512;

/** Puts the boot.img and core.img that the tree holds, if it does, where BIOS and boot.img look for them. */
export async function placeBootSectors(
  context: WorkerContext,
  disk: SizedDisk,
  { tree, file }: { readonly tree: HostPath; readonly file: HostPath },
): Promise<void> {
  const images = await findImages(tree);
  if (images === null || disk.table === null) return;
  if (disk.sectorSize !== SECTOR) {
    const text = `BIOS cannot boot disks with sectors of ${disk.sectorSize} bytes: GRUB's boot sectors are left out`;
    context.report({ kind: 'note', text });
    return;
  }
  const room = roomForCore(disk.table);
  if (room === null) {
    const text = 'the disk has no BIOS boot partition (type EF02): it will not boot under BIOS';
    context.report({ kind: 'note', text });
    return;
  }
  refuseTooLarge(images.core, room);
  const target = await open(file, 'r+');
  try {
    const { boot, core } = images;
    const oldSector = await readSector(target);
    const { first, rest } = bootSectors({ boot, core, oldSector, firstSector: room.start / SECTOR });
    await target.write(first, 0, first.length, 0);
    await target.write(rest, 0, rest.length, room.start);
  } finally {
    await target.close();
  }
}

type Room = { readonly start: number; readonly size: number; readonly where: string };

/** MBR: between the table and the first partition. GPT: a partition of its own. */
function roomForCore({ label, partitions }: SizedTable): Room | null {
  if (label === 'mbr') {
    const first = Math.min(...partitions.map(({ start }) => start));
    return { start: SECTOR, size: first - SECTOR, where: 'the space before the first partition' };
  }
  const own = partitions.find(({ type }) => type === BIOS_BOOT_PARTITION);
  return own === undefined ? null : { ...own, where: `the partition ${own.name}` };
}

async function findImages(tree: HostPath): Promise<{ readonly boot: Buffer; readonly core: Buffer } | null> {
  for (const directory of ['boot/grub/i386-pc', 'boot/grub2/i386-pc']) {
    const read = (name: string): Promise<Buffer | null> =>
      readFile(join(tree, directory, name)).catch(() => null);
    const [boot, core] = await Promise.all([read('boot.img'), read('core.img')]);
    if (boot !== null && core !== null) return { boot, core };
  }
  return null;
}

function refuseTooLarge(core: Buffer, room: Room): void {
  if (core.length <= room.size) return;
  const message = `GRUB's core.img has ${core.length} bytes, ${room.where} has room for ${room.size}`;
  const hints = ['begin the first partition later (`align`), or enlarge the BIOS boot partition'];
  throw new BuildFailure({ kind: 'input-invalid', problems: [{ message, hints }] });
}

async function readSector(file: FileHandle): Promise<Buffer> {
  const { buffer } = await file.read(Buffer.alloc(SECTOR), 0, SECTOR, 0);
  return buffer;
}
