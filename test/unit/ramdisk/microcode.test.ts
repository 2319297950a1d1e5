// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { microcodeParts } from '../../../lib/ramdisk/microcode.ts';
import { kernelTree } from '../../support/kernel-tree.ts';

const treeOf = (...files: readonly string[]): ReturnType<typeof kernelTree> =>
  kernelTree(Object.fromEntries(files.map((file) => [`/lib/firmware/${file}`, 'microcode'])));

test('files of both makers, in the order of their names', () => {
  const tree = treeOf(
    'amd-ucode/README',
    'amd-ucode/microcode_amd_fam15h.bin',
    'amd-ucode/microcode_amd_fam15h.bin.asc',
    'amd-ucode/microcode_amd.bin',
    'amd-ucode/microcode_amd_fam17h.bin.xz',
    'intel-ucode/06-4f-01.initramfs',
    'intel-ucode/06-9e-0d',
    'intel-ucode/06-9e-0d.xz',
    'intel-ucode/list',
    'intel-ucode/06-0f-02',
    'intel-ucode/license',
  );
  expect(microcodeParts(tree)).toEqual([
    {
      path: 'kernel/x86/microcode/AuthenticAMD.bin',
      from: ['/lib/firmware/amd-ucode/microcode_amd.bin', '/lib/firmware/amd-ucode/microcode_amd_fam15h.bin'],
    },
    {
      path: 'kernel/x86/microcode/GenuineIntel.bin',
      from: [
        '/lib/firmware/intel-ucode/06-0f-02',
        '/lib/firmware/intel-ucode/06-4f-01.initramfs',
        '/lib/firmware/intel-ucode/06-9e-0d',
      ],
    },
  ]);
});

test('where links lead, each file once', () => {
  const tree = kernelTree({
    '/lib': '-> usr/lib',
    '/usr/lib/firmware/intel-ucode/06-0f-02': '-> 06-0f-06',
    '/usr/lib/firmware/intel-ucode/06-0f-06': 'microcode',
  });
  expect(microcodeParts(tree)).toEqual([
    { path: 'kernel/x86/microcode/GenuineIntel.bin', from: ['/usr/lib/firmware/intel-ucode/06-0f-06'] },
  ]);
});

test('none', () => {
  expect(microcodeParts(treeOf('amd-ucode/README', 'regulatory.db'))).toEqual([]);
});
