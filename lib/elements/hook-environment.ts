// SPDX-License-Identifier: Apache-2.0
import type { HostPath, TargetPath } from '../model/brands.ts';
import { targetPath } from '../model/brands.ts';
import type { DiskLayout, FileSystem } from '../model/layout.ts';
import type { BuildRequest } from '../model/request.ts';
import type { NamedDirectory } from './describe-set.ts';
import { elementArrayBody, elementDirectories, elementNames } from './describe-set.ts';

/** What the variables of hooks are made from. */
export type HookEnvironmentSource = {
  readonly request: BuildRequest;
  /** In order. */
  readonly elements: readonly NamedDirectory[];
  readonly layout: DiskLayout;
  /** Directory of the shell files that elements source as $_LIB. */
  readonly shellLibrary: HostPath;
};

/** What every hook sees: what the user set, and on top of it each row that has a value (dib-contract §2.3). */
export function hookEnvironment(source: HookEnvironmentSource): Readonly<Record<string, string>> {
  const rows = hookVariables.flatMap(({ name, value: valueOf }) => {
    const value = valueOf(source);
    return value === null ? [] : [[name, value] as const];
  });
  return { ...source.request.environment, ...Object.fromEntries(rows) };
}

/** The file system that holds `/boot`, which may be that of `/`; null when nothing is mounted there. */
export function bootFileSystem({ fileSystems }: DiskLayout): FileSystem | null {
  return mountedAt(fileSystems, targetPath('/boot')) ?? mountedAt(fileSystems, targetPath('/'));
}

type HookVariable = {
  readonly name: string;
  /** Null: left as the user has it. */
  readonly value: (source: HookEnvironmentSource) => string | null;
};

/** Every variable that the program itself gives to hooks. Paths that only the worker knows are added there. */
export const hookVariables: readonly HookVariable[] = [
  { name: 'LC_ALL', value: () => 'C' },
  { name: 'ARCH', value: ({ request }) => request.arch },
  { name: 'IMAGE_NAME', value: ({ request }) => request.imageName },
  { name: 'IMAGE_TYPE', value: ({ request }) => request.outputTypes[0] ?? '' },
  { name: 'IMAGE_TYPES', value: ({ request }) => request.outputTypes.join(' ') },
  { name: 'COMPRESS_IMAGE', value: ({ request }) => (request.output.compress ? null : '') },
  { name: 'INSTALL_PACKAGES', value: ({ request }) => request.packages.join(' ') || null },
  { name: 'SKIP_BASE', value: ({ request }) => (request.withBase ? null : '1') },
  { name: 'FS_TYPE', value: ({ request }) => request.disk.fileSystemType },
  { name: 'ELEMENTS_PATH', value: ({ request }) => request.elementsPath.join(':') },
  { name: 'IMAGE_ELEMENT', value: ({ elements }) => elementNames(elements) },
  { name: 'IMAGE_ELEMENT_YAML', value: ({ elements }) => elementDirectories(elements) },
  {
    name: 'BASH_FUNC_get_image_element_array%%',
    value: ({ elements }) => `() ${elementArrayBody(elements)}`,
  },
  { name: 'BASH_FUNC_die%%', value: () => '() {  echo "ERROR: $*" >&2; exit 1; }' },
  { name: '_LIB', value: ({ shellLibrary }) => shellLibrary },
  { name: 'DIB_PYTHON_EXEC', value: ({ request }) => request.environment['DIB_PYTHON_EXEC'] ?? 'python3' },
  { name: 'DIB_IMAGE_CACHE', value: ({ request }) => request.store.cacheDirectory },
  { name: 'DIB_OFFLINE', value: ({ request }) => (request.store.offline ? '1' : '') },
  { name: 'DIB_NO_TMPFS', value: ({ request }) => (request.store.tmpfs ? '0' : '1') },
  { name: 'DIB_DEBUG_TRACE', value: ({ request }) => String(request.debug.trace) },
  { name: 'PS4', value: () => '+ ${0##*/}:${LINENO}:   ' },
  { name: 'DIB_ROOT_LABEL', value: ({ layout }) => layout.rootLabel },
  { name: 'DIB_ROOT_FSTYPE', value: ({ layout }) => layout.rootFileSystemType },
  { name: 'DIB_ROOT_UUID', value: ({ layout }) => rootFileSystem(layout)?.uuid ?? '' },
  { name: 'DIB_BOOT_LABEL', value: ({ layout }) => layout.bootLabel },
  { name: 'DIB_BOOT_UUID', value: ({ layout }) => bootFileSystem(layout)?.uuid ?? '' },
  { name: 'DIB_BOOT_FSTYPE', value: ({ layout }) => bootFileSystem(layout)?.type ?? '' },
  { name: 'DIB_BOOT_PARTITION', value: ({ layout }) => bootPartition(layout) },
  { name: 'DIB_PARTITION_TABLE', value: ({ layout }) => tableOfBootDisk(layout) },
  { name: 'DIB_MOUNTPOINTS', value: ({ layout }) => layout.mountPoints.join('|') },
];

const mountedAt = (fileSystems: readonly FileSystem[], mountPoint: TargetPath): FileSystem | null =>
  fileSystems.find((fileSystem) => fileSystem.mountPoint === mountPoint) ?? null;

const rootFileSystem = ({ fileSystems }: DiskLayout): FileSystem | null =>
  mountedAt(fileSystems, targetPath('/'));

/** GRUB's words for the partition that holds /boot, as in `msdos1`; empty when it is a whole disk. */
function bootPartition(layout: DiskLayout): string {
  const base = bootFileSystem(layout)?.base;
  for (const { table } of layout.disks) {
    const partition = table?.partitions.find(({ name }) => name === base);
    if (partition !== undefined) return `${table?.label === 'gpt' ? 'gpt' : 'msdos'}${partition.number}`;
  }
  return '';
}

function tableOfBootDisk(layout: DiskLayout): 'mbr' | 'gpt' | 'none' {
  const base = bootFileSystem(layout)?.base;
  const disk = layout.disks.find(
    ({ name, table }) => name === base || table?.partitions.some((partition) => partition.name === base),
  );
  return disk?.table?.label ?? 'none';
}
