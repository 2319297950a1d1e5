// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { fallbackConfig, planLayout } from '../../../lib/disk/plan-layout.ts';
import type { DiskLayout } from '../../../lib/model/layout.ts';
import type { Problem, Result } from '../../../lib/model/problem.ts';
import { requestWith } from '../../support/make-request.ts';

const plan = (config: string, seed = 'seed'): Result<DiskLayout> =>
  planLayout({ config, origin: 'layout.yaml', request: requestWith({}).disk, seed });

function layoutOf(config: string, seed?: string): DiskLayout {
  const result = plan(config, seed);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.value;
}

function problemsOf(config: string): readonly Problem[] {
  const result = plan(config);
  return result.ok ? [] : result.problems;
}

const treeForm = `
- local_loop:
    name: image0
- partitioning:
    base: image0
    label: gpt
    partitions:
      - name: ESP
        type: EF00
        size: 100MiB
        mkfs:
          type: vfat
          mount:
            mount_point: /boot/efi
            fstab: {}
      - name: boot
        size: 500MiB
        mkfs:
          type: ext2
          mount:
            mount_point: /boot
            fstab: {}
      - name: root
        size: 100%
        mkfs:
          type: ext4
          mount:
            mount_point: /
            fstab:
              fsck-passno: 1
`;

const graphForm = `
- local_loop: {name: image0}
- partitioning:
    base: image0
    label: gpt
    partitions:
      - {name: ESP, type: EF00, size: 100MiB, base: image0}
      - {name: boot, size: 500MiB}
      - {name: root, size: 100%}
- fstab: {name: fstab_mount_mkfs_ESP, base: mount_mkfs_ESP}
- mount: {name: mount_mkfs_ESP, base: mkfs_ESP, mount_point: /boot/efi}
- mkfs: {name: mkfs_ESP, base: ESP, type: vfat}
- fstab: {name: fstab_mount_mkfs_boot, base: mount_mkfs_boot}
- mount: {name: mount_mkfs_boot, base: mkfs_boot, mount_point: /boot}
- mkfs: {name: mkfs_boot, base: boot, type: ext2}
- fstab: {name: fstab_mount_mkfs_root, base: mount_mkfs_root, fsck-passno: 1}
- mount: {name: mount_mkfs_root, base: mkfs_root, mount_point: /}
- mkfs: {name: mkfs_root, base: root, type: ext4}
`;

describe('a layout', () => {
  test('is called generation by generation, mounts in the order of their paths', () => {
    expect(layoutOf(treeForm).callOrder).toEqual([
      'image0',
      'ESP',
      'mkfs_ESP',
      'boot',
      'mkfs_boot',
      'root',
      'mkfs_root',
      'mount_mkfs_root',
      'mount_mkfs_boot',
      'fstab_mount_mkfs_root',
      'mount_mkfs_ESP',
      'fstab_mount_mkfs_boot',
      'fstab_mount_mkfs_ESP',
    ]);
  });

  test('names mount points as configured and writes the fstab in the order of calls', () => {
    const { mountPoints, fstab, rootLabel, rootFileSystemType, bootLabel } = layoutOf(treeForm);
    expect({ mountPoints, rootLabel, rootFileSystemType, bootLabel }).toEqual({
      mountPoints: ['/boot/efi', '/boot', '/'],
      rootLabel: 'cloudimg-rootfs',
      rootFileSystemType: 'ext4',
      bootLabel: 'mkfs_boot',
    });
    expect(fstab).toBe(
      [
        'LABEL=cloudimg-rootfs / ext4 defaults 0 1',
        'LABEL=mkfs_boot /boot ext2 defaults 0 2',
        'LABEL=MKFS_ESP /boot/efi vfat defaults 0 2',
        '',
      ].join('\n'),
    );
  });

  test('escapes blanks of a label in the fstab', () => {
    const text = `
- local_loop: {name: image0}
- mkfs: {name: data, base: image0, type: ext4, label: my data}
- mount: {name: mount_data, base: data, mount_point: /}
- fstab: {name: fstab_data, base: mount_data}
`;
    expect(layoutOf(text).fstab).toBe(String.raw`LABEL=my\040data / ext4 defaults 0 2` + '\n');
  });

  test('does not depend on the form it is written in', () => {
    const [tree, graph] = [layoutOf(treeForm), layoutOf(graphForm)];
    const fileSystemsOf = ({ fileSystems }: DiskLayout): readonly unknown[] =>
      fileSystems.toSorted((a, b) => (a.node < b.node ? -1 : 1));
    expect(fileSystemsOf(graph)).toEqual(fileSystemsOf(tree));
    expect(graph.disks).toEqual(tree.disks);
    expect(graph.callOrder.toSorted()).toEqual(tree.callOrder.toSorted());
  });

  test('has identifiers that follow from the seed', () => {
    const idsOf = ({ disks, fileSystems }: DiskLayout): readonly (string | undefined)[] => [
      disks[0]?.table?.id,
      ...(disks[0]?.table?.partitions.map(({ uuid }) => uuid) ?? []),
      ...fileSystems.map(({ uuid }) => uuid),
    ];
    const ids = idsOf(layoutOf(treeForm));
    expect(idsOf(layoutOf(treeForm))).toEqual(ids);
    expect(new Set([...ids, ...idsOf(layoutOf(treeForm, 'another seed'))]).size).toBe(2 * ids.length);
  });

  test('of the fallback is one file system on the disk itself', () => {
    expect(layoutOf(fallbackConfig)).toMatchObject({
      disks: [{ name: 'image0', sectorSize: 512, size: null, table: null }],
      fileSystems: [{ node: 'mkfs_root', base: 'image0', type: 'ext4', mountPoint: '/' }],
      callOrder: ['image0', 'mkfs_root', 'mount_mkfs_root', 'fstab_mount_mkfs_root'],
      fstab: 'LABEL=cloudimg-rootfs / ext4 defaults 0 1\n',
    });
  });
});

describe('a configuration that is wrong', () => {
  const rows = [
    ['is no list', 'local_loop: {name: a}', ['1:1 a block-device configuration must be a list of nodes']],
    ['is empty', '', ['0:0 a block-device configuration must be a list of nodes']],
    [
      'has an entry that is no map',
      '- local_loop',
      ['1:3 an entry of a block-device configuration must be a map with one node'],
    ],
    [
      'has two nodes in an entry',
      '- mkfs: {}\n  mount: {}',
      ['1:3 an entry must hold exactly one node, not mkfs, mount'],
    ],
    ['has an unknown node', '- locl_loop: {name: a}', ['1:3 there is no kind of node called locl_loop']],
    ['has a node that is no map', '- local_loop: a', ['1:3 the node local_loop must be a map of keys']],
    [
      'stands on nothing',
      '- local_loop: {name: image0}\n- mkfs: {base: imag0, name: f, type: ext4}',
      ['2:10 f stands on imag0, and no node has that name'],
    ],
    [
      'names two nodes alike',
      '- local_loop: {name: a}\n- local_loop: {name: a}',
      [
        '2:3 two nodes are called a',
        '1:16 none of the disks a, a is called image0, the one that becomes the image',
      ],
    ],
    [
      'goes in a circle',
      '- local_loop: {name: image0}\n- mkfs: {base: m, name: f, type: ext4}\n- mount: {base: f, name: m, mount_point: /}',
      [
        '2:10 f stands on m, which is not a disk or a partition or a volume',
        '2:3 these nodes stand on one another in a circle: f, m',
      ],
    ],
  ] as const;

  test.each(rows)('because it %s', (_, config, wanted) => {
    const found = problemsOf(config).map(
      ({ message, location }) => `${location?.line ?? 0}:${location?.column ?? 0} ${message}`,
    );
    expect(found).toEqual(wanted);
  });

  test('is shown with the line and the nearest name', () => {
    expect(problemsOf('- local_loop: {name: image0}\n- mkfs: {base: imag0, name: f, type: ext4}')).toEqual([
      {
        message: 'f stands on imag0, and no node has that name',
        hints: ['did you mean image0?'],
        location: {
          path: 'layout.yaml',
          line: 2,
          column: 10,
          text: '- mkfs: {base: imag0, name: f, type: ext4}',
        },
      },
    ]);
  });

  test('with broken YAML is located too', () => {
    const [problem] = problemsOf('- local_loop: {name: a\n- b');
    expect(problem?.location).toMatchObject({ path: 'layout.yaml', line: 2 });
  });
});
