// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';

import { fallbackConfig, planLayout } from '../../../lib/disk/plan-layout.ts';
import { hookEnvironment } from '../../../lib/elements/hook-environment.ts';
import { elementName, hostPath } from '../../../lib/model/brands.ts';
import type { DiskLayout } from '../../../lib/model/layout.ts';
import type { PartialRequest } from '../../support/make-request.ts';
import { requestWith } from '../../support/make-request.ts';

const elements = ['base', 'vm'].map((name) => ({
  name: elementName(name),
  directory: hostPath(`/e/$x/${name}`),
}));

test('the whole environment of a bare request', () => {
  expect(environmentOf({ environment: { HOME: '/home/me', DIB_RELEASE: 'x', LC_ALL: 'de_DE' } })).toEqual({
    HOME: '/home/me',
    DIB_RELEASE: 'x',
    LC_ALL: 'C',
    ARCH: 'amd64',
    IMAGE_NAME: 'image',
    IMAGE_TYPE: 'qcow2',
    IMAGE_TYPES: 'qcow2',
    FS_TYPE: 'ext4',
    ELEMENTS_PATH: '/elements',
    IMAGE_ELEMENT: 'base vm',
    IMAGE_ELEMENT_YAML: '{"base":"/e/$x/base","vm":"/e/$x/vm"}',
    'BASH_FUNC_get_image_element_array%%': '() {  echo "[base]=/e/\\$x/base [vm]=/e/\\$x/vm"; }',
    'BASH_FUNC_die%%': '() {  echo "ERROR: $*" >&2; exit 1; }',
    _LIB: '/lib/target',
    DIB_PYTHON_EXEC: 'python3',
    DIB_IMAGE_CACHE: '/cache',
    DIB_OFFLINE: '',
    DIB_NO_TMPFS: '0',
    DIB_DEBUG_TRACE: '0',
    PS4: '+ ${0##*/}:${LINENO}:   ',
    DIB_ROOT_LABEL: 'cloudimg-rootfs',
    DIB_ROOT_FSTYPE: 'ext4',
    DIB_ROOT_UUID: rootOf(layoutOf(fallbackConfig)).uuid,
    DIB_BOOT_LABEL: '',
    DIB_BOOT_UUID: rootOf(layoutOf(fallbackConfig)).uuid,
    DIB_BOOT_FSTYPE: 'ext4',
    DIB_BOOT_PARTITION: '',
    DIB_PARTITION_TABLE: 'none',
    DIB_MOUNTPOINTS: '/',
  });
});

test('what options change', () => {
  const changed = environmentOf({
    outputTypes: ['raw', 'tar'],
    packages: ['vim', 'curl'],
    withBase: false,
    output: { compress: false },
    store: { offline: true, tmpfs: false },
    debug: { trace: 2 },
    environment: { DIB_PYTHON_EXEC: '/opt/python' },
  });
  expect(changed).toMatchObject({
    IMAGE_TYPE: 'raw',
    IMAGE_TYPES: 'raw tar',
    INSTALL_PACKAGES: 'vim curl',
    SKIP_BASE: '1',
    COMPRESS_IMAGE: '',
    DIB_OFFLINE: '1',
    DIB_NO_TMPFS: '1',
    DIB_DEBUG_TRACE: '2',
    DIB_PYTHON_EXEC: '/opt/python',
  });
});

describe('a disk with a boot partition', () => {
  const config = (label: string, swapType: string): string => `
- local_loop: {name: image0}
- partitioning:
    base: image0
    label: ${label}
    partitions:
      - {name: swap, size: 1GiB, type: '${swapType}', mkfs: {type: swap}}
      - {name: boot, size: 1GiB, mkfs: {type: ext2, label: boots, mount: {mount_point: /boot}}}
      - {name: root, size: 100%, mkfs: {name: mkfs_root, mount: {mount_point: /}}}
`;

  test.each([
    ['mbr', '82', 'msdos6'],
    ['gpt', '8200', 'gpt2'],
  ])('with %s', (label, swapType, partition) => {
    const layout = layoutOf(config(label, swapType));
    const boot = layout.fileSystems.find(({ mountPoint }) => mountPoint === '/boot');
    expect(environmentOf({}, layout)).toMatchObject({
      DIB_ROOT_LABEL: 'cloudimg-rootfs',
      DIB_ROOT_UUID: rootOf(layout).uuid,
      DIB_BOOT_LABEL: 'boots',
      DIB_BOOT_UUID: boot?.uuid,
      DIB_BOOT_FSTYPE: 'ext2',
      DIB_BOOT_PARTITION: partition,
      DIB_PARTITION_TABLE: label,
    });
  });
});

function environmentOf(
  request: PartialRequest,
  layout: DiskLayout = layoutOf(fallbackConfig),
): Readonly<Record<string, string>> {
  return hookEnvironment({
    request: requestWith(request),
    elements,
    layout,
    shellLibrary: hostPath('/lib/target'),
  });
}

function layoutOf(config: string): DiskLayout {
  const layout = planLayout({ config, origin: 'test', request: requestWith({}).disk, seed: 'seed' });
  if (!layout.ok) throw new Error(JSON.stringify(layout.problems));
  return layout.value;
}

function rootOf({ fileSystems }: DiskLayout): DiskLayout['fileSystems'][number] {
  const root = fileSystems.find(({ mountPoint }) => mountPoint === '/');
  if (root === undefined) throw new Error('no root');
  return root;
}
