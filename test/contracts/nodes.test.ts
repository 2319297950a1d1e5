// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import type { NodeKindName } from '../../lib/disk/nodes/index.ts';
import { nodeKinds } from '../../lib/disk/nodes/index.ts';
import { planLayout } from '../../lib/disk/plan-layout.ts';
import type { DiskLayout } from '../../lib/model/layout.ts';
import type { PartialRequest } from '../support/make-request.ts';
import { requestWith } from '../support/make-request.ts';

type NodeFacts = {
  /** A whole configuration with the node in it, and the part of the layout that it gives. */
  readonly accepted: readonly {
    readonly config: string;
    readonly disk?: PartialRequest['disk'];
    readonly layout: object;
  }[];
  /** A configuration and its only problem, as `line:column message`. */
  readonly refused: readonly { readonly config: string; readonly problems: readonly string[] }[];
};

const uuid = expect.stringMatching(
  /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
) as unknown;
const capitalUuid = expect.stringMatching(
  /^[0-9A-F]{8}-[0-9A-F]{4}-4[0-9A-F]{3}-[89AB][0-9A-F]{3}-[0-9A-F]{12}$/,
) as unknown;

const rootOn = (base: string): string =>
  `- mkfs: {base: ${base}, name: mkfs_root, type: ext4}\n- mount: {base: mkfs_root, mount_point: /}\n`;
const image = '- local_loop: {name: image0}\n';
const tableWith = (label: string, ...partitions: readonly string[]): string =>
  `${image}- partitioning:\n    base: image0\n    label: ${label}\n    partitions:\n${partitions.map((line) => `      - ${line}\n`).join('')}`;

/** What is promised of each kind of node: a kind without a row does not compile. */
const facts: Readonly<Record<NodeKindName, NodeFacts>> = {
  local_loop: {
    accepted: [
      {
        config: image + rootOn('image0'),
        layout: { disks: [{ name: 'image0', sectorSize: 512, size: null, table: null }] },
      },
      {
        config: `- local_loop: {name: image0, size: 1000, block_size: 4096, directory: /x}\n${rootOn('image0')}`,
        layout: { disks: [{ name: 'image0', sectorSize: 4096, size: 1000, table: null }] },
      },
      {
        config: `- local_loop: {name: image0, size: 2 GiB, block_size: 4096}\n${rootOn('image0')}`,
        disk: { sectorSize: 512 },
        layout: { disks: [{ name: 'image0', sectorSize: 512, size: 2_147_483_648, table: null }] },
      },
      {
        config: `${image}- local_loop: {name: data, size: 5G}\n${rootOn('image0')}`,
        layout: { disks: [{ name: 'image0' }, { name: 'data', size: 5_000_000_000 }] },
      },
    ],
    refused: [
      { config: `- local_loop: {size: 1G}\n`, problems: ['1:3 local_loop needs `name`'] },
      {
        config: `- local_loop: {name: a, size: much, block_size: 1024}\n${rootOn('a')}`,
        problems: ['1:37 the sector size 1024 is not known', '1:25 "much" is not the size of a disk'],
      },
      {
        config: `- local_loop: {name: a}\n- local_loop: {name: b}\n${rootOn('a')}`,
        problems: ['1:16 none of the disks a, b is called image0, the one that becomes the image'],
      },
      {
        config: `- local_loop: {nam: a}\n`,
        problems: ['1:16 local_loop has no key `nam`', '1:3 local_loop needs `name`'],
      },
    ],
  },
  partitioning: {
    accepted: [
      {
        config:
          tableWith(
            'gpt',
            '{name: esp, type: EF00, size: 550MiB}',
            '{name: bsp, type: EF02, size: 8 MiB}',
            '{name: home, type: 933ac7e1-2eb4-4f13-b844-0e14e2aef915, size: 1000000000}',
            '{name: root, type: 8300, flags: [boot], size: 100%}',
          ) + rootOn('root'),
        layout: {
          disks: [
            {
              table: {
                label: 'gpt',
                align: 1_048_576,
                id: capitalUuid,
                partitions: [
                  {
                    name: 'esp',
                    number: 1,
                    type: 'C12A7328-F81F-11D2-BA4B-00A0C93EC93B',
                    size: { bytes: 576_716_800 },
                    bootable: false,
                    kind: 'primary',
                    uuid: capitalUuid,
                  },
                  { name: 'bsp', number: 2, type: '21686148-6449-6E6F-744E-656564454649' },
                  {
                    name: 'home',
                    number: 3,
                    type: '933AC7E1-2EB4-4F13-B844-0E14E2AEF915',
                    size: { bytes: 1e9 },
                  },
                  {
                    name: 'root',
                    number: 4,
                    type: '0FC63DAF-8483-4772-8E79-3D69D8477DE4',
                    size: { percentOfFree: 100 },
                  },
                ],
              },
            },
          ],
        },
      },
      {
        config:
          tableWith(
            'mbr',
            '{name: boot, size: 1G, flags: [boot, primary], type: 0x83}',
            '{name: esp, size: 100MiB, flags: primary, type: EF00}',
            "{name: root, size: 60%, type: '8e'}",
            '{name: rest, size: 100%}',
          ) + rootOn('root'),
        layout: {
          disks: [
            {
              table: {
                label: 'mbr',
                id: expect.stringMatching(/^[0-9a-f]{8}$/) as unknown,
                partitions: [
                  { name: 'boot', number: 1, type: '83', bootable: true, kind: 'primary', uuid: '' },
                  { name: 'esp', number: 2, type: 'ef', bootable: false, kind: 'primary' },
                  { name: 'root', number: 5, type: '8e', kind: 'logical', size: { percentOfFree: 60 } },
                  { name: 'rest', number: 6, type: '83', kind: 'logical' },
                ],
              },
            },
          ],
        },
      },
    ],
    refused: [
      {
        config: `${image}- partitioning: {base: image0, label: bsd, partitions: []}\n${rootOn('image0')}`,
        problems: ['2:32 the partition table bsd is not known', '2:44 a partition table needs `partitions`'],
      },
      {
        config:
          tableWith('gpt', '{name: root, flags: [primary, bot], size: 100%, type: 99}') + rootOn('root'),
        problems: [
          '6:22 the partition root has the unknown flag bot',
          '6:22 the partition root is flagged primary, which GPT does not have',
          '6:57 99 is no type of a partition in GPT (partition root)',
        ],
      },
      {
        config: tableWith('mbr', '{name: root, type: EF02}', '{size: 110%}') + rootOn('root'),
        problems: [
          '6:9 the partition root needs `size`',
          '6:22 "EF02" is no type of a partition in MBR (partition root)',
          '7:9 a partition needs `name`',
          '7:10 "110%" is no size of a partition',
        ],
      },
      {
        config:
          tableWith(
            'mbr',
            ...[1, 2, 3, 4].map((n) => `{name: p${n}, flags: [primary], size: 1G}`),
            '{name: l, size: 1G}',
          ) + rootOn('p1'),
        problems: ['10:9 MBR has no room for the logical partition l beside four primary ones'],
      },
      {
        config:
          tableWith('mbr', '{name: l, size: 1G}', '{name: p, flags: [primary], size: 1G}') + rootOn('p'),
        problems: ['7:9 the primary partition p stands after a logical one'],
      },
      {
        config: tableWith('mbr', '{name: root, size: 1G}') + rootOn('image0'),
        problems: ['7:3 image0 is given two things to hold'],
      },
    ],
  },
  mkfs: {
    accepted: [
      {
        config: `${image}- mkfs: {base: image0, name: mkfs_root}\n- mount: {base: mkfs_root, mount_point: /}\n`,
        disk: { maxOnlineResize: 1000, mkfsOptions: ['-E', 'stride=2', '-m', '1'] },
        layout: {
          fileSystems: [
            {
              node: 'mkfs_root',
              base: 'image0',
              type: 'ext4',
              label: 'cloudimg-rootfs',
              uuid,
              options: ['-E', 'resize=1000,stride=2', '-i', '4096', '-J', 'size=64', '-m', '1'],
              mountPoint: '/',
            },
          ],
        },
      },
      {
        config: `${image}- mkfs: {base: image0, name: mkfs_root}\n- mount: {base: mkfs_root, mount_point: /}\n`,
        disk: { fileSystemType: 'xfs' },
        layout: { fileSystems: [{ type: 'xfs', label: 'img-rootfs', options: [] }] },
      },
      {
        config: `${image}- mkfs: {base: image0, name: mkfs_root, type: ext3, label: mine, opts: -i 2048  -m 1, uuid: 4b2a1f1e-0000-4000-8000-000000000001}\n- mount: {base: mkfs_root, mount_point: /}\n`,
        disk: { rootLabel: 'other' },
        layout: {
          fileSystems: [
            {
              type: 'ext3',
              label: 'mine',
              uuid: '4b2a1f1e-0000-4000-8000-000000000001',
              options: ['-i', '2048', '-m', '1'],
            },
          ],
        },
      },
      {
        config: `${tableWith('gpt', '{name: esp, size: 1G, mkfs: {type: vfat, label: small}}', '{name: r, size: 1G}')}${rootOn('r')}`,
        layout: {
          fileSystems: [
            {
              node: 'mkfs_esp',
              label: 'SMALL',
              uuid: expect.stringMatching(/^[0-9A-F]{4}-[0-9A-F]{4}$/) as unknown,
              mountPoint: null,
            },
            { node: 'mkfs_root' },
          ],
        },
      },
    ],
    refused: [
      {
        config: `${image}- mkfs: {base: image0}\n- mount: {base: mkfs_image0, mount_point: /}\n`,
        problems: [
          '2:3 mkfs needs `type`',
          '3:11 mount_mkfs_image0 stands on mkfs_image0, and no node has that name',
        ],
      },
      {
        config: `${image}- mkfs: {base: image0, name: mkfs_root, type: ext4, lable: seventeen-letters}\n- mount: {base: mkfs_root, mount_point: /}\n`,
        problems: ['2:53 mkfs has no key `lable`'],
      },
      {
        config: `${image}- mkfs: {base: image0, name: mkfs_root, type: ext4, label: seventeen-letters}\n- mount: {base: mkfs_root, mount_point: /}\n`,
        problems: ['2:53 the label seventeen-letters of mkfs_root is 17 bytes long, ext4 allows 16'],
      },
      {
        config:
          tableWith('gpt', '{name: a-long-name, size: 1G, mkfs: {type: vfat}}', '{name: r, size: 1G}') +
          rootOn('r'),
        problems: ['6:39 the label mkfs_a-long-name of mkfs_a-long-name is 16 bytes long, vfat allows 11'],
      },
      {
        config: `${tableWith('gpt', '{name: a, size: 1G, mkfs: {type: ext4, label: x}}', '{name: b, size: 1G, mkfs: {type: ext4, label: x}}')}- mount: {base: mkfs_a, mount_point: /}\n`,
        problems: ['7:29 two file systems have the label x'],
      },
    ],
  },
  mount: {
    accepted: [
      {
        config: `${tableWith('gpt', '{name: v, size: 1G, mkfs: {type: ext4, mount: {mount_point: //var/log/}}}', '{name: r, size: 1G}')}${rootOn('r')}`,
        layout: {
          mountPoints: ['/var/log', '/'],
          fileSystems: [{ mountPoint: '/var/log' }, { mountPoint: '/' }],
        },
      },
      {
        config: `${tableWith('gpt', '{name: s, size: 1G, mkfs: {type: swap, mount: {mount_point: none}}}', '{name: t, size: 1G, mkfs: {type: swap, mount: {mount_point: none}}}', '{name: r, size: 1G}')}${rootOn('r')}`,
        layout: {
          mountPoints: ['none', 'none', '/'],
          fileSystems: [{ mountPoint: null }, { mountPoint: null }, { mountPoint: '/' }],
        },
      },
    ],
    refused: [
      {
        config: `${image}- mkfs: {base: image0, name: f, type: ext4}\n`,
        problems: [' the block-device configuration mounts no file system at /'],
      },
      {
        config: `${image}- mkfs: {base: image0, name: f, type: ext4}\n- mount: {base: f, mount_point: ../etc}\n`,
        problems: ['3:20 the mount point ../etc is not an absolute path without `..` and blanks'],
      },
      {
        config: `${image}- mkfs: {base: image0, name: f, type: ext4}\n- mount: {base: f}\n`,
        problems: ['3:3 mount needs `mount_point`'],
      },
      {
        config: `${image}- mkfs: {base: image0, name: f, type: ext4}\n- mount: {base: image0, mount_point: /}\n`,
        problems: ['3:11 mount_image0 stands on image0, which is not a file-system'],
      },
      {
        config: tableWith(
          'gpt',
          '{name: a, size: 1G, mkfs: {type: ext4, mount: {mount_point: /}}}',
          '{name: b, size: 1G, mkfs: {type: ext4, mount: {mount_point: /}}}',
        ),
        problems: ['7:48 two file systems are mounted at /'],
      },
    ],
  },
  fstab: {
    accepted: [
      {
        config: `${image}${rootOn('image0')}- fstab: {base: mount_mkfs_root}\n`,
        layout: { fstab: 'LABEL=cloudimg-rootfs / ext4 defaults 0 2\n' },
      },
      {
        config: `${image}${rootOn('image0')}- fstab: {base: mount_mkfs_root, options: "noatime,ro", dump-freq: 1, fsck-passno: 1}\n`,
        layout: { fstab: 'LABEL=cloudimg-rootfs / ext4 noatime,ro 1 1\n' },
      },
      {
        config: `${tableWith('gpt', '{name: s, size: 1G, mkfs: {type: swap, label: s, mount: {mount_point: none, fstab: {options: x, fsck-passno: 1}}}}', '{name: r, size: 1G}')}${rootOn('r')}`,
        layout: { fstab: 'LABEL=s none swap sw 0 0\n' },
      },
      { config: image + rootOn('image0'), layout: { fstab: '' } },
    ],
    refused: [
      {
        config: `${image}${rootOn('image0')}- fstab: {base: mount_mkfs_root, fsck-passno: first}\n`,
        problems: ['4:34 `fsck-passno` must be a number'],
      },
      {
        config: `${image}${rootOn('image0')}- fstab: {base: mkfs_root}\n`,
        problems: ['4:11 fstab_mkfs_root stands on mkfs_root, which is not a mount'],
      },
    ],
  },
  lvm: {
    accepted: [
      {
        config: `${image}- lvm:
    name: lvm
    pvs: [{name: pv, base: image0}]
    vgs: [{name: vg, base: [pv]}]
    lvs: [{name: root, base: vg, size: 2GiB}, {name: home, base: vg, extents: 20%VG}]
${rootOn('root')}`,
        layout: {
          callOrder: ['image0', 'lvm', 'pv', 'vg', 'root', 'home', 'mkfs_root', 'mount_mkfs_root'],
          volumeGroups: [
            {
              name: 'vg',
              physicalVolumes: ['pv'],
              volumes: [
                { name: 'root', size: 2_147_483_648, extents: null },
                { name: 'home', size: null, extents: '20%VG' },
              ],
            },
          ],
        },
      },
    ],
    refused: [
      {
        config: `${image}- lvm: {pvs: [{name: pv}], vgs: [{name: vg}], lvs: [{name: root, base: vg}]}\n${rootOn('image0')}`,
        problems: [
          '2:3 lvm needs `name`',
          '2:34 the volume group vg needs `base`, its physical volumes',
          '2:53 the logical volume root needs either `size` or `extents`',
          '2:15 a physical volume needs `base`',
        ],
      },
    ],
  },
};

function plan(config: string, disk: PartialRequest['disk'] = {}): ReturnType<typeof planLayout> {
  return planLayout({ config, origin: 'test.yaml', request: requestWith({ disk }).disk, seed: 'seed' });
}

describe.each(Object.keys(nodeKinds) as readonly NodeKindName[])('the node %s', (name) => {
  test.each(facts[name].accepted)('gives its part of the layout: $config', ({ config, disk, layout }) => {
    const result = plan(config, disk);
    expect(result.ok ? [] : result.problems).toEqual([]);
    const value: Partial<DiskLayout> = result.ok ? result.value : {};
    expect(value).toMatchObject(layout);
  });

  test.each(facts[name].refused)('refuses $config', ({ config, problems }) => {
    const result = plan(config);
    const found = result.ok ? [] : result.problems;
    expect(
      found.map(
        ({ message, location }) =>
          `${location === undefined ? '' : `${location.line ?? 0}:${location.column ?? 0}`} ${message}`,
      ),
    ).toEqual(problems);
  });
});
