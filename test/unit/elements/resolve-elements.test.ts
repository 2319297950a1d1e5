// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';

import { loadClosure, loadLibrary } from '../../../lib/elements/load-library.ts';
import type { ElementsRequest, ResolvedElements } from '../../../lib/elements/resolve-elements.ts';
import { namesToLoad, resolveElements } from '../../../lib/elements/resolve-elements.ts';
import { hostPath } from '../../../lib/model/brands.ts';
import type { Problem, Result } from '../../../lib/model/problem.ts';
import type { MemoryTree } from '../../support/memory-element-files.ts';
import { memoryElementFiles } from '../../support/memory-element-files.ts';

const builtIn: MemoryTree = {
  '/e/base/README.md': '',
  '/e/debian/element-deps': 'debian-minimal\nsysprep # comments are fine\n\n',
  '/e/debian-minimal/element-deps': 'pkg-map\n',
  '/e/debian-minimal/element-provides': 'operating-system\n',
  '/e/fedora/element-provides': 'operating-system\n',
  '/e/pkg-map/README.md': '',
  '/e/sysprep/README.md': '',
  '/e/vm/element-deps': 'block-device\nbootloader\n',
  '/e/bootloader/README.md': '',
  '/e/zipl/element-provides': 'bootloader\n',
  '/e/block-device-mbr/element-provides': 'block-device\n',
  '/e/block-device-gpt/element-provides': 'block-device\n',
  '/e/block-device-efi/element-provides': 'block-device\n',
  '/e/appliance/element-deps': 'vm\n',
};

describe('the closure', () => {
  test('has dependencies first and ties by name', async () => {
    const { names, notes } = await resolved({ elements: ['vm', 'debian-minimal', 'block-device-gpt'] });
    expect(names).toEqual(['base', 'block-device-gpt', 'bootloader', 'pkg-map', 'debian-minimal', 'vm']);
    expect(notes).toEqual([]);
  });

  test('has no base with -n', async () => {
    const { names } = await resolved({ elements: ['fedora'], withBase: false });
    expect(names).toEqual(['fedora']);
  });

  test('does not depend on the order in which elements are named', async () => {
    const { names } = await resolved({ elements: ['vm', 'zipl', 'debian', 'block-device-efi'] });
    const again = await resolved({ elements: ['block-device-efi', 'debian', 'zipl', 'vm'] });
    expect(again.names).toEqual(names);
    expect(names).toEqual([
      'base',
      'block-device-efi',
      'pkg-map',
      'debian-minimal',
      'sysprep',
      'debian',
      'zipl',
      'vm',
    ]);
  });

  test('begins with the ramdisk element for ramdisks', async () => {
    const program = 'ramdisk-image-create';
    const named = await resolved({
      program,
      elements: ['fedora'],
      environment: { RAMDISK_ELEMENT: 'sysprep' },
    });
    expect(named.names).toEqual(['base', 'fedora', 'sysprep']);
    const byDefault = await problemsOf({ program, elements: ['fedora'] });
    expect(byDefault).toEqual([{ message: 'element `ramdisk` was not found', hints: ['looked in /e'] }]);
  });

  test('takes circles in the order of their names', async () => {
    const circle: MemoryTree = {
      '/e/one/element-deps': 'two\n',
      '/e/two/element-deps': 'three\n',
      '/e/three/element-deps': 'two\nfedora\n',
      '/e/fedora/element-provides': 'operating-system\n',
    };
    const { names } = await resolved({ elements: ['one'], withBase: false }, circle);
    expect(names).toEqual(['fedora', 'three', 'two', 'one']);
  });
});

describe('defaults', () => {
  test('add an operating system and say so', async () => {
    const { names, notes } = await resolved({ elements: ['sysprep'] });
    expect(names).toEqual(['base', 'pkg-map', 'debian-minimal', 'sysprep', 'debian']);
    expect(notes).toEqual([
      'debian was added: no element named provides operating-system (DIB_DEFAULT_OPERATING_SYSTEM chooses another)',
    ]);
  });

  test('add the operating system that was chosen', async () => {
    const { names } = await resolved({ elements: ['sysprep'], defaultOperatingSystem: 'fedora' });
    expect(names).toEqual(['base', 'fedora', 'sysprep']);
  });

  test.each([
    ['amd64', 'block-device-mbr'],
    ['ppc64el', 'block-device-mbr'],
    ['arm64', 'block-device-efi'],
    ['aarch64', 'block-device-efi'],
  ])('lay out the disk of a virtual machine on %s by %s', async (arch, element) => {
    const { names, notes } = await resolved({ elements: ['appliance', 'fedora'], arch });
    expect(names).toEqual(['base', element, 'bootloader', 'fedora', 'vm', 'appliance']);
    expect(notes).toEqual([`${element} was added: no element named brings a disk layout (block-device)`]);
  });

  test('leave the disk alone when an element only looks like a layout', async () => {
    const own: MemoryTree = {
      ...builtIn,
      '/e/vm/element-deps': 'bootloader\n',
      '/e/block-device-own/block-device-default.yaml': '[]\n',
    };
    const { names } = await resolved({ elements: ['vm', 'block-device-own', 'fedora'] }, own);
    expect(names).toEqual(['base', 'block-device-own', 'bootloader', 'fedora', 'vm']);
  });
});

describe('problems', () => {
  test('are all reported together', async () => {
    const problems = await problemsOf({
      elements: ['vn', 'debiann', 'fedora', 'debian', 'block-device-mbr', 'block-device-efi'],
    });
    expect(problems).toEqual([
      { message: 'element `vn` was not found', hints: ['did you mean vm?', 'looked in /e'] },
      { message: 'element `debiann` was not found', hints: ['did you mean debian?', 'looked in /e'] },
      {
        message: '`block-device-efi` provides block-device, but so does `block-device-mbr`',
        hints: ['leave one of the two out'],
      },
      {
        message: '`debian-minimal` provides operating-system, but so does `fedora`',
        hints: ['leave one of the two out'],
      },
    ]);
  });

  test('name who asks for an element that is missing', async () => {
    const tree: MemoryTree = {
      ...builtIn,
      '/e/own/element-deps': 'sysprp\n',
      '/e/other/element-deps': 'sysprp\n',
    };
    expect(await problemsOf({ elements: ['own', 'other', 'fedora'] }, tree)).toEqual([
      {
        message: 'element `sysprp`, asked for by own and other, was not found',
        hints: ['did you mean sysprep?', 'looked in /e'],
      },
    ]);
  });

  test('include an element that was named though another provides it', async () => {
    expect(await problemsOf({ elements: ['bootloader', 'zipl', 'fedora'] })).toEqual([
      {
        message: 'element `bootloader` was named, but `zipl` already provides it',
        hints: ['leave `bootloader` or `zipl` out'],
      },
    ]);
  });

  test('include a default operating system that is none, or is missing', async () => {
    const [none] = await problemsOf({ elements: ['sysprep'], defaultOperatingSystem: 'pkg-map' });
    expect(none?.message).toBe('none of the elements base sysprep pkg-map provides operating-system');
    const [missing] = await problemsOf({ elements: ['sysprep'], defaultOperatingSystem: 'gentoo' });
    expect(missing?.message).toBe('element `gentoo`, asked for by default, was not found');
  });

  test('include a request without elements', async () => {
    const [problem] = await problemsOf({ elements: [] });
    expect(problem?.message).toBe('no element was named');
    const [ofRamdisk] = await problemsOf({ elements: [], program: 'ramdisk-image-create' });
    expect(ofRamdisk?.hints).toEqual([
      'name at least one, for example: ramdisk-image-create -o deploy deploy',
    ]);
  });

  test('include those of element.yaml, but only of elements that are built', async () => {
    const tree: MemoryTree = {
      ...builtIn,
      '/e/sysprep/element.yaml': 'cache:\n  instal.d: never\nneed: {}\n',
    };
    expect((await resolved({ elements: ['fedora'] }, tree)).names).toEqual(['base', 'fedora']);
    expect(await problemsOf({ elements: ['fedora', 'sysprep'] }, tree)).toEqual([
      {
        message: 'element.yaml has no setting `need`',
        hints: ['did you mean needs?', 'the settings are needs, cache, outputs, test'],
        location: { path: '/e/sysprep/element.yaml', line: 3, column: 1, text: 'need: {}' },
      },
      {
        message: '`cache` names an unknown phase `instal.d`',
        hints: [expect.stringContaining('install.d') as string, expect.stringContaining('root.d') as string],
        location: { path: '/e/sysprep/element.yaml', line: 2, column: 3, text: '  instal.d: never' },
      },
    ]);
  });
});

describe('the search path', () => {
  const tree: MemoryTree = {
    ...builtIn,
    '/own/sysprep/element-deps': 'pkg-map\n',
    '/own/fedora/element-provides': 'operating-system\n',
  };

  test('lets earlier entries win entirely, and says so', async () => {
    const { names, notes } = await resolved({ elements: ['sysprep', 'fedora'] }, tree, ['/own', '/e']);
    expect(names).toEqual(['base', 'fedora', 'pkg-map', 'sysprep']);
    expect(notes).toEqual([
      'fedora is taken from /own/fedora, which hides /e/fedora',
      'sysprep is taken from /own/sysprep, which hides /e/sysprep',
    ]);
  });

  test('must consist of directories', async () => {
    const result = await loadLibrary(
      ['/nowhere', '/e', '/e/base/README.md'].map(hostPath),
      memoryElementFiles(tree),
    );
    const hints = ['correct the path, or leave the entry out'];
    expect(result).toEqual({
      ok: false,
      problems: [
        { message: 'ELEMENTS_PATH names /nowhere, which is no directory', hints },
        { message: 'ELEMENTS_PATH names /e/base/README.md, which is no directory', hints },
      ],
    });
  });
});

async function resolve(
  wanted: Partial<ElementsRequest>,
  tree: MemoryTree = builtIn,
  path: readonly string[] = ['/e'],
): Promise<Result<ResolvedElements>> {
  const request: ElementsRequest = {
    program: 'disk-image-create',
    elements: [],
    withBase: true,
    defaultOperatingSystem: 'debian',
    arch: 'amd64',
    environment: {},
    ...wanted,
  };
  const files = memoryElementFiles(tree);
  const library = await loadLibrary(path.map(hostPath), files);
  if (!library.ok) return library;
  return resolveElements(request, await loadClosure(library.value, namesToLoad(request), files));
}

async function resolved(
  ...wanted: Parameters<typeof resolve>
): Promise<{ readonly names: readonly string[]; readonly notes: readonly string[] }> {
  const result = await resolve(...wanted);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return { names: result.value.elements.map(({ element }) => element.name), notes: result.value.notes };
}

async function problemsOf(...wanted: Parameters<typeof resolve>): Promise<readonly Problem[]> {
  const result = await resolve(...wanted);
  return result.ok ? [] : result.problems;
}
