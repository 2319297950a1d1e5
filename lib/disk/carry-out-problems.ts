// SPDX-License-Identifier: Apache-2.0
import type { DiskLayout } from '../model/layout.ts';
import type { Problem } from '../model/problem.ts';
import { isFat, isMadeFromFiles } from './file-system-types.ts';

const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const serialPattern = /^[0-9a-f]{4}-?[0-9a-f]{4}$/i;

/** What a correct layout asks for that this version cannot make: said before the build, not after an hour of it. */
export function carryOutProblems(layout: DiskLayout): readonly Problem[] {
  const types = layout.fileSystems
    .filter(({ type }) => !isMadeFromFiles(type))
    .map(({ node, type }) => ({
      message: `the file system ${node} is of type ${type}, which is not supported yet`,
      hints: ['use ext4, ext3, ext2, vfat or swap'],
    }));
  const volumes = layout.volumeGroups.map(({ name }) => ({
    message: `the volume group ${name} is of LVM, which is not supported yet`,
    hints: ['use partitions, as the element block-device-mbr or block-device-efi does'],
  }));
  const identifiers = layout.fileSystems
    .filter(
      ({ type, uuid }) => isMadeFromFiles(type) && !(isFat(type) ? serialPattern : uuidPattern).test(uuid),
    )
    .map(({ node, uuid }) => ({ message: `the \`uuid\` ${uuid} of ${node} is no UUID` }));
  const tables = layout.disks
    .filter(({ sectorSize, table }) => sectorSize !== 512 && table?.label === 'mbr')
    .map(({ name, sectorSize }) => ({
      message: `the disk ${name} has sectors of ${sectorSize} bytes and an MBR table, which no BIOS boots`,
      hints: ['use a GPT table, as the element block-device-efi does'],
    }));
  return [...types, ...volumes, ...identifiers, ...tables];
}
