// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import type { FoundFirmware } from '../../../lib/ramdisk/firmware.ts';
import { describeMissingFirmware, findFirmware, wantedFirmware } from '../../../lib/ramdisk/firmware.ts';
import { kernelTree } from '../../support/kernel-tree.ts';

describe('what modinfo printed', () => {
  test('names of firmware, each with all modules that want it', () => {
    const printed = [
      'filename:       /tree/lib/modules/6.1/kernel/drivers/net/ethernet/broadcom/bnx2x/bnx2x.ko.xz',
      'firmware=bnx2x/bnx2x-e2-7.13.21.0.fw',
      'firmware=bnx2x/bnx2x-e1-7.13.21.0.fw',
      'description=Two lines\nfirmware=not one',
      'license=GPL',
      'parm=mrrs: Force Max Read Req Size (0..3) (for debug) (int)',
      'filename:       /tree/lib/modules/6.1/kernel/drivers/scsi/qla-2xxx.ko',
      'firmware=ql2500_fw.bin',
      'firmware=bnx2x/bnx2x-e1-7.13.21.0.fw',
      'firmware=bnx2x/bnx2x-e1-7.13.21.0.fw',
      '',
    ].join('\0');
    expect(wantedFirmware(printed)).toEqual([
      { name: 'bnx2x/bnx2x-e1-7.13.21.0.fw', wantedBy: ['bnx2x', 'qla_2xxx'] },
      { name: 'bnx2x/bnx2x-e2-7.13.21.0.fw', wantedBy: ['bnx2x'] },
      { name: 'ql2500_fw.bin', wantedBy: ['qla_2xxx'] },
    ]);
  });

  test('nothing', () => {
    expect(wantedFirmware('')).toEqual([]);
  });
});

function find(
  files: readonly string[],
  links: Readonly<Record<string, string>>,
  ...names: readonly string[]
): FoundFirmware {
  const tree = { ...Object.fromEntries(files.map((file) => [file, 'firmware'])), ...links };
  const wanted = names.map((name) => ({ name, wantedBy: ['driver'] }));
  return findFirmware(kernelTree(tree), { wanted, kernelVersion: '6.1', moduleRoot: '/opt/own/' });
}

const copy = (path: string): object => ({ kind: 'copy', path, from: path });

describe('what the tree has', () => {
  test('the directory that the kernel looks in first', () => {
    const places = ['updates/6.1/', 'updates/', '6.1/', ''].map((place) => `/lib/firmware/${place}a/b.bin`);
    places.unshift('/opt/own/lib/firmware/a/b.bin');
    for (const [index, place] of places.entries())
      expect(find(places.slice(index), {}, 'a/b.bin')).toEqual({ entries: [copy(place)], missing: [] });
  });

  test('a compressed file where there is no other', () => {
    const all = ['/lib/firmware/a.bin', '/lib/firmware/updates/a.bin.zst', '/lib/firmware/updates/a.bin.xz'];
    for (const [index, file] of all.entries())
      expect(find(all.slice(index), {}, 'a.bin')).toEqual({ entries: [copy(file)], missing: [] });
  });

  test('links as links, each once', () => {
    const links = {
      '/lib': '-> usr/lib',
      '/usr/lib/firmware/new.bin': '-> real/a.bin',
      '/usr/lib/firmware/old.bin': '-> new.bin',
      '/usr/lib/firmware/dead.bin': '-> nowhere.bin',
    };
    const files = ['/usr/lib/firmware/real/a.bin'];
    expect(find(files, links, 'dead.bin', 'new.bin', 'old.bin', 'real')).toEqual({
      entries: [
        { kind: 'link', path: '/lib', text: 'usr/lib' },
        { kind: 'link', path: '/usr/lib/firmware/new.bin', text: 'real/a.bin' },
        { kind: 'link', path: '/usr/lib/firmware/old.bin', text: 'new.bin' },
        copy('/usr/lib/firmware/real/a.bin'),
      ],
      missing: [
        { name: 'dead.bin', wantedBy: ['driver'] },
        { name: 'real', wantedBy: ['driver'] },
      ],
    });
  });

  test('patterns', () => {
    const files = [
      '/lib/firmware/brcm/fw-1.txt',
      '/lib/firmware/brcm/fw-2.txt.xz',
      '/lib/firmware/brcm/other',
    ];
    expect(find(files, {}, 'b*/fw-*.txt', 'c*/fw-*.txt')).toEqual({
      entries: [copy('/lib/firmware/brcm/fw-1.txt'), copy('/lib/firmware/brcm/fw-2.txt.xz')],
      missing: [{ name: 'c*/fw-*.txt', wantedBy: ['driver'] }],
    });
  });
});

test('what is missing is told by modules, not all of them', () => {
  const missing = (...modules: string[]) =>
    modules.map((module) => ({ name: `${module}.bin`, wantedBy: [module] }));
  expect(describeMissingFirmware(missing('bnx2'))).toBe(
    'the tree lacks a firmware file that modules may ask for: bnx2',
  );
  expect(describeMissingFirmware(missing('f', 'e', 'd', 'c', 'b', 'a', 'a'))).toBe(
    'the tree lacks 7 firmware files that modules may ask for: a, b, c, d, e, 1 more',
  );
});
