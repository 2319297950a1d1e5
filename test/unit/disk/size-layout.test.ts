// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { carryOutProblems } from '../../../lib/disk/carry-out-problems.ts';
import { extGeometry } from '../../../lib/disk/ext-overhead.ts';
import { fallbackConfig, planLayout } from '../../../lib/disk/plan-layout.ts';
import { shortages, sizeLayout } from '../../../lib/disk/size-layout.ts';
import { bytes, GiB, KiB, MiB, targetPath } from '../../../lib/model/brands.ts';
import type { ContentMeasure, DiskLayout, SizedLayout } from '../../../lib/model/layout.ts';
import type { Result } from '../../../lib/model/problem.ts';
import type { DiskRequest } from '../../../lib/model/request.ts';
import type { PartialRequest } from '../../support/make-request.ts';
import { requestWith } from '../../support/make-request.ts';

const table = (label: string, ...partitions: readonly string[]): string => `
- local_loop: {name: image0}
- partitioning:
    base: image0
    label: ${label}
    partitions: [${partitions.join(', ')}]
`;
const root = (size: string, flags = ''): string =>
  `{name: root, size: ${size}, ${flags} mkfs: {type: ext4, mount: {mount_point: /}}}`;
const mbr = table('mbr', root('100%', 'flags: [boot, primary],'));
const efi = table(
  'gpt',
  '{name: ESP, type: EF00, size: 550MiB, mkfs: {type: vfat, mount: {mount_point: /boot/efi}}}',
  '{name: BSP, type: EF02, size: 8MiB}',
  root('100%'),
);

const content = (mountPoint: string, mebibytes: number, inodes = 1000): ContentMeasure => ({
  mountPoint: targetPath(mountPoint),
  inodes,
  directories: 100,
  fileBytes: bytes(mebibytes * MiB),
  directoryBytes: bytes(400 * KiB),
});

type Question = {
  readonly config: string;
  readonly disk?: PartialRequest['disk'];
  readonly contents?: readonly ContentMeasure[];
};

function ask({ config, disk = {}, contents = [] }: Question): {
  readonly layout: DiskLayout;
  readonly request: DiskRequest;
  readonly sized: Result<SizedLayout>;
} {
  const { disk: request } = requestWith({ disk });
  const layout = planLayout({ config, origin: 'test', request, seed: 'seed' });
  if (!layout.ok) throw new Error(JSON.stringify(layout.problems));
  return { layout: layout.value, request, sized: sizeLayout(layout.value, request, contents) };
}

function sizedFor(question: Question): SizedLayout['disks'][number] {
  const { sized } = ask(question);
  const disk = sized.ok ? sized.value.disks[0] : undefined;
  if (disk === undefined) throw new Error(JSON.stringify(sized));
  return disk;
}

/** `name start+size`, in mebibytes where they are whole, else in sectors. */
const placesOf = ({ table: placed }: SizedLayout['disks'][number]): readonly string[] =>
  (placed?.partitions ?? []).map(({ name, start, size }) => {
    const isWhole = start % MiB === 0 && size % MiB === 0;
    return isWhole ? `${name} ${start / MiB}+${size / MiB}M` : `${name} ${start / 512}+${size / 512}`;
  });

describe('a disk of exact size', () => {
  const disk = { size: bytes(8 * GiB) };

  test('with MBR leaves a mebibyte at each end', () => {
    const sized = sizedFor({ config: mbr, disk });
    expect(sized.size).toBe(8 * GiB);
    expect(placesOf(sized)).toEqual(['root 1+8190M']);
    expect(sized.fileSystems).toMatchObject([{ node: 'mkfs_root', offset: MiB, size: 8190 * MiB }]);
  });

  test('with GPT gives whole mebibytes one after the other', () => {
    expect(placesOf(sizedFor({ config: efi, disk: { size: bytes(8 * GiB + 700 * KiB) } }))).toEqual([
      'ESP 1+550M',
      'BSP 551+8M',
      'root 559+7632M',
    ]);
  });

  test('with logical partitions has a table sector and a gap before each', () => {
    const config = table(
      'mbr',
      root('50%', 'flags: [primary],'),
      '{name: a, size: 1G}',
      '{name: b, size: 50%}',
      '{name: c, size: 100%}',
    );
    expect(placesOf(sizedFor({ config, disk: { size: bytes(4 * GiB) } }))).toEqual([
      'root 1+2047M',
      'extended 2048+2048M',
      'a 4196352+1953125',
      'b 3004+546M',
      'c 3551+545M',
    ]);
  });

  test('takes percentages of what is left', () => {
    const config = table('gpt', '{name: a, size: 25%}', '{name: b, size: 50%}', root('100%'));
    expect(placesOf(sizedFor({ config, disk: { size: bytes(1002 * MiB) } }))).toEqual([
      'a 1+250M',
      'b 251+375M',
      'root 626+375M',
    ]);
  });

  test('of the node wins over the one of the request', () => {
    expect(sizedFor({ config: fallbackConfig.replace('image0', 'image0\n    size: 3GiB'), disk }).size).toBe(
      3 * GiB,
    );
  });

  test('that the partitions do not fit on is refused with numbers', () => {
    const { sized } = ask({ config: efi.replace('100%', '1GiB'), disk: { size: bytes(GiB) } });
    expect(sized.ok ? [] : sized.problems).toEqual([
      {
        message: 'the partitions of image0 need 1584 MiB, the disk has 1024 MiB',
        hints: ['give a larger size with --image-size, or make the partitions smaller'],
      },
    ]);
  });

  test('that leaves nothing for a partition is refused', () => {
    const { sized } = ask({ config: efi, disk: { size: bytes(500 * MiB) } });
    expect(sized.ok ? [] : sized.problems.map(({ message }) => message)).toEqual([
      'nothing of the disk image0 (500 MiB) is left for the partition root',
    ]);
  });
});

describe('a disk that is as large as its content needs', () => {
  const freeOf = (size: number, config: string): number => {
    const { layout } = ask({ config });
    const { type, options } = layout.fileSystems.find(({ mountPoint }) => mountPoint === '/') ?? {
      type: '',
      options: [],
    };
    const { metadataBytes, reservedBytes } = extGeometry(size, type, options);
    return size - metadataBytes - reservedBytes;
  };

  test.each([
    ['a small one, with the least slack', 100, 64],
    ['a large one, with a twentieth', 4000, 200],
  ])('holds %s', (_, mebibytes, slack) => {
    const contents = [content('/', mebibytes)];
    const [made] = sizedFor({ config: mbr, contents }).fileSystems;
    const room = (freeOf(made?.size ?? 0, mbr) - mebibytes * MiB) / MiB;
    expect(room).toBeGreaterThanOrEqual(slack);
    expect(room).toBeLessThan(slack * 1.1 + mebibytes / 200 + 2);
  });

  test('has exactly the extra room that was asked for', () => {
    const contents = [content('/', 1000)];
    const withExtra = (extra: number): number =>
      freeOf(
        sizedFor({ config: mbr, contents, disk: { extraSize: bytes(extra * MiB) } }).fileSystems[0]?.size ??
          0,
        mbr,
      );
    expect((withExtra(500) - withExtra(0)) / MiB).toBeCloseTo(500, -1);
    expect(withExtra(0) / MiB).toBeGreaterThanOrEqual(1000);
    expect(withExtra(0) / MiB).toBeLessThan(1007);
  });

  test('has an inode for every file', () => {
    const config = mbr.replace('{type: ext4', '{type: ext4, opts: -i 65536');
    const [made] = sizedFor({ config, contents: [content('/', 10, 100_000)] }).fileSystems;
    expect(extGeometry(made?.size ?? 0, 'ext4', ['-i', '65536']).inodes).toBeGreaterThanOrEqual(100_011);
  });

  test('makes room for a large journal, which mke2fs allows only half of a file system', () => {
    const options = ['-i', '4096', '-J', 'size=256'];
    const [made] = sizedFor({
      config: mbr.replace('{type: ext4', '{type: ext4, opts: -i 4096 -J size=256'),
      contents: [content('/', 1)],
    }).fileSystems;
    expect(extGeometry(made?.size ?? 0, 'ext4', options).isJournalFitting).toBe(true);
    expect(extGeometry((made?.size ?? 0) - 2 * MiB, 'ext4', options).isJournalFitting).toBe(false);
  });

  test('counts partitions of fixed size, and shares, so that each holds its own', () => {
    const config = table(
      'gpt',
      '{name: ESP, size: 550MiB, mkfs: {type: vfat, mount: {mount_point: /boot/efi}}}',
      root('50%'),
      '{name: var, size: 100%, mkfs: {type: ext4, mount: {mount_point: /var}}}',
    );
    const contents = [content('/', 300), content('/var', 900), content('/boot/efi', 10)];
    const { sized } = ask({ config, contents });
    const [disk] = sized.ok ? sized.value.disks : [];
    const sizes = (disk?.fileSystems ?? []).map(({ mountPoint, size }) => [mountPoint, size / MiB] as const);
    const [, [, rootSize] = ['', 0], [, varSize] = ['', 0]] = sizes;
    expect(varSize).toBeGreaterThan(1000);
    expect(Math.abs(rootSize - varSize)).toBeLessThanOrEqual(1);
    expect((disk?.size ?? 0) / MiB).toBe(552 + rootSize + varSize);
    expect(sized.ok ? shortages(sized.value, contents) : null).toEqual([]);
  });

  test('that can be as large as it likes and still has no room for a partition is refused', () => {
    const { sized } = ask({ config: table('gpt', '{name: all, size: 100%}', root('100%')) });
    expect(sized.ok ? [] : sized.problems.map(({ message }) => message.replace(/\d+/, 'N'))).toEqual([
      'nothing of the disk imageN (1099511627776 MiB) is left for the partition root',
    ]);
  });
});

describe('a shortage', () => {
  test('names the file system, what it needs and what it has', () => {
    const contents = [content('/boot/efi', 600), content('/', 100)];
    const { sized } = ask({ config: efi, contents });
    expect(sized.ok ? shortages(sized.value, contents) : null).toEqual([
      { fileSystem: 'mkfs_ESP', neededBytes: 608 * MiB, availableBytes: 550 * MiB },
    ]);
  });

  test('of inodes counts too', () => {
    const contents = [content('/', 1, 300_000)];
    const { sized } = ask({ config: mbr, disk: { size: bytes(GiB) }, contents });
    expect(sized.ok ? shortages(sized.value, contents).map(({ fileSystem }) => fileSystem) : null).toEqual([
      'mkfs_root',
    ]);
  });

  test('is not claimed for content that just fits', () => {
    const size = 1000 * MiB;
    const { metadataBytes } = extGeometry(size, 'ext4', []);
    const fitting = { ...content('/', 0), fileBytes: bytes(size - metadataBytes - 400 * KiB) };
    const config = fallbackConfig.replace('mkfs_root', 'made\n      type: ext4');
    const { sized } = ask({ config, disk: { size: bytes(size) }, contents: [fitting] });
    const tight = { ...fitting, fileBytes: bytes(fitting.fileBytes + 4 * KiB) };
    expect(sized.ok ? shortages(sized.value, [fitting]) : null).toEqual([]);
    expect(sized.ok ? shortages(sized.value, [tight]) : null).toHaveLength(1);
  });
});

/** Overhead as `dumpe2fs -h` of e2fsprogs 1.47.0 showed it: blocks less free blocks, in KiB. */
describe('what ext file systems take for themselves', () => {
  test.each([
    [600, 'ext4', '-i 4096 -J size=64', 104_912, 153_600],
    [1062, 'ext4', '-i 4096 -J size=64', 136_280, 271_872],
    [6000, 'ext4', '-i 4096 -J size=64', 474_052, 1_536_336],
    [8000, 'ext4', '-i 4096 -J size=64 -E resize=4000000000', 615_064, 2_048_256],
    [40_000, 'ext4', '-i 4096 -J size=64', 2_677_844, 10_241_360],
  ])('%i MiB of %s %s', (mebibytes, type, options, kibibytes, inodes) => {
    const geometry = extGeometry(mebibytes * MiB, type, options.split(' '));
    expect({ kibibytes: geometry.metadataBytes / KiB, inodes: geometry.inodes }).toEqual({
      kibibytes,
      inodes,
    });
  });

  test.each([
    [500, 'ext4', '-i 4096 -J size=64', 100_030],
    [200, 'ext4', '-O ^has_journal', 14_419],
    [300, 'ext3', '', 29_616],
    [8000, 'ext4', '-b 1024 -m 1', 167_583],
  ])('%i MiB of %s %s, to 32 KiB', (mebibytes, type, options, kibibytes) => {
    const { metadataBytes } = extGeometry(mebibytes * MiB, type, options.split(' '));
    expect(Math.abs(metadataBytes / KiB - kibibytes)).toBeLessThanOrEqual(32);
  });
});

test('blocks of ext file systems are not smaller than the sectors of their disk', () => {
  const optionsOf = (config: string): readonly string[] | undefined =>
    ask({ config, disk: { sectorSize: 4096 } }).layout.fileSystems.find(
      ({ mountPoint }) => mountPoint === '/',
    )?.options;
  expect(optionsOf(efi)?.slice(0, 2)).toEqual(['-b', '4096']);
  expect(optionsOf(fallbackConfig)?.slice(0, 2)).toEqual(['-b', '4096']);
  expect(optionsOf(efi.replace('{type: ext4', '{type: ext4, opts: -b 8192'))).toEqual(['-b', '8192']);
});

test('what cannot be made yet is said before the build', () => {
  const { layout } = ask({
    config: `
- local_loop: {name: image0}
- lvm: {name: lvm, pvs: [{name: pv, base: image0}], vgs: [{name: vg, base: pv}], lvs: [{name: lv, base: vg, size: 1G}]}
- mkfs: {base: lv, name: f, type: xfs, uuid: mine, mount: {mount_point: /}}
- local_loop: {name: other, mkfs: {type: ext4, uuid: mine}}
`,
  });
  expect(carryOutProblems(layout).map(({ message }) => message)).toEqual([
    'the file system f is of type xfs, which is not supported yet',
    'the volume group vg is of LVM, which is not supported yet',
    'the `uuid` mine of mkfs_other is no UUID',
  ]);
  expect(carryOutProblems(ask({ config: efi, disk: { sectorSize: 4096 } }).layout)).toEqual([]);
  expect(carryOutProblems(ask({ config: mbr, disk: { sectorSize: 4096 } }).layout)).toEqual([
    {
      message: 'the disk image0 has sectors of 4096 bytes and an MBR table, which no BIOS boots',
      hints: ['use a GPT table, as the element block-device-efi does'],
    },
  ]);
});
