// SPDX-License-Identifier: Apache-2.0
import { targetPath } from '../model/brands.ts';
import type { Disk, DiskLayout, FileSystem, PartitionTable } from '../model/layout.ts';
import type { Problem, Result } from '../model/problem.ts';
import { failed, success } from '../model/problem.ts';
import type { DiskRequest } from '../model/request.ts';
import { parseYaml } from '../yaml/located-yaml.ts';
import { checkNodes } from './check-nodes.ts';
import { misspeltKeys } from './config-entry.ts';
import { isExt } from './file-system-types.ts';
import { fstabText } from './fstab-text.ts';
import type { LayoutNode } from './layout-node.ts';
import { nodesOf } from './layout-node.ts';
import { optionValue } from './mke2fs-options.ts';
import { isNodeKind, nodeKinds } from './nodes/index.ts';
import { orderNodes } from './order-nodes.ts';
import { readConfig } from './read-config.ts';

export type LayoutInput = {
  /** A block-device configuration, as YAML text. */
  readonly config: string;
  /** Where it came from, as problems name it. */
  readonly origin: string;
  readonly request: DiskRequest;
  /** All identifiers are derived from it. */
  readonly seed: string;
};

/** What is laid out when no element and no setting says anything: one ext4 without a partition table. */
export const fallbackConfig = `- local_loop:
    name: image0
    mkfs:
      name: mkfs_root
      mount:
        mount_point: /
        fstab:
          fsck-passno: 1
`;

/** Reads a block-device configuration, in tree or graph form, into a layout. Source: dib-contract §2.10. */
export function planLayout({ config, origin, request, seed }: LayoutInput): Result<DiskLayout> {
  const document = parseYaml(config, origin);
  if (!document.ok) return document;
  const problems: Problem[] = [];
  const entries = readConfig(document.value, problems);
  const declared = entries.flatMap((entry) => {
    if (!isNodeKind(entry.plugin)) return [];
    const kind = nodeKinds[entry.plugin];
    problems.push(...misspeltKeys(entry, kind.keys));
    return kind.read(entry, { request, seed, problems });
  });
  checkNodes(declared, problems);
  const ordered = orderNodes(declared, problems);
  return problems.length > 0 ? failed(...problems) : layoutOf(declared, ordered);
}

function layoutOf(declared: readonly LayoutNode[], ordered: readonly LayoutNode[]): Result<DiskLayout> {
  const fileSystems = fileSystemsOf(ordered);
  const mountedAt = (path: string): FileSystem | undefined =>
    fileSystems.find(({ mountPoint }) => mountPoint === path);
  const root = mountedAt('/');
  const [first] = declared;
  if (root === undefined || first === undefined) {
    return failed({ message: 'the block-device configuration mounts no file system at /' });
  }
  return success({
    disks: disksOf(ordered),
    fileSystems,
    volumeGroups: nodesOf(ordered, 'volume-groups').flatMap(({ body }) => body.volumeGroups),
    callOrder: ordered.map(({ name }) => name),
    mountPoints: nodesOf(declared, 'mount').map((node) => targetPath(mountPointOf(node.body, fileSystems))),
    fstab: fstabText(ordered),
    rootLabel: root.label,
    rootFileSystemType: root.type,
    bootLabel: mountedAt('/boot')?.label ?? '',
  });
}

function mountPointOf(
  { base, mountPoint }: { readonly base: string; readonly mountPoint: string },
  fileSystems: readonly FileSystem[],
): string {
  return fileSystems.find(({ node }) => node === base)?.type === 'swap' ? 'none' : mountPoint;
}

function fileSystemsOf(ordered: readonly LayoutNode[]): readonly FileSystem[] {
  const mounts = nodesOf(ordered, 'mount');
  return nodesOf(ordered, 'file-system').map(({ name, body: { base, type, label, uuid, options } }) => {
    const mount = type === 'swap' ? undefined : mounts.find(({ body }) => body.base === name);
    const mountPoint = mount === undefined ? null : targetPath(mount.body.mountPoint);
    const sized = { node: name, base, type, label, uuid, mountPoint };
    return { ...sized, options: fittingSectors(type, options, sectorSizeUnder(base, ordered)) };
  });
}

/** Of the disk that a file system stands on; LVM hides it. */
function sectorSizeUnder(base: string, ordered: readonly LayoutNode[]): number {
  const partition = nodesOf(ordered, 'partition').find(({ name }) => name === base);
  const disk = partition?.body.table.base ?? base;
  return nodesOf(ordered, 'disk').find(({ name }) => name === disk)?.body.sectorSize ?? 512;
}

/** Blocks cannot be smaller than sectors, and mke2fs cannot know those of the disk when it writes to a file. */
function fittingSectors(type: string, options: readonly string[], sectorSize: number): readonly string[] {
  const isUnsaid = isExt(type) && optionValue(options, 'b') === undefined;
  return sectorSize > 1024 && isUnsaid ? ['-b', String(sectorSize), ...options] : options;
}

function disksOf(ordered: readonly LayoutNode[]): readonly Disk[] {
  return nodesOf(ordered, 'disk').map(({ name, body: { sectorSize, size } }) => ({
    name,
    sectorSize,
    size,
    table: tableOf(name, ordered),
  }));
}

function tableOf(disk: string, ordered: readonly LayoutNode[]): PartitionTable | null {
  const parts = nodesOf(ordered, 'partition').filter(({ body }) => body.table.base === disk);
  const [first] = parts;
  if (first === undefined) return null;
  const { label, align, id } = first.body.table;
  return { label, align, id, partitions: parts.map(({ body }) => body.partition) };
}
