// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';

import { mapPackage, readPackageMap } from '../../../lib/elements/package-map.ts';
import { hostPath } from '../../../lib/model/brands.ts';

const text = JSON.stringify({
  default: { grub: 'grub', only: 'from-default', none: '' },
  family: { debian: { grub: 'grub-family', two: 'one two' }, redhat: { grub: 'grub2' } },
  distro: { debian: { grub: 'grub-distro' } },
  release: { debian: { trixie: { grub: 'grub-release' } }, centos: { '8': { grub: 'old-grub' } } },
});

test.each([
  ['grub', 'debian', 'trixie', ['grub-release']],
  ['grub', 'debian', 'bookworm', ['grub-distro']],
  ['grub', 'debian', null, ['grub-distro']],
  ['grub', 'ubuntu', 'noble', ['grub-family']],
  ['grub', 'arch', null, ['grub']],
  ['grub', 'centos', '8-stream', ['old-grub']],
  ['grub', 'centos', '9-stream', ['grub2']],
  ['only', 'debian', null, ['from-default']],
  ['two', 'debian', null, ['one', 'two']],
  ['none', 'debian', null, []],
  ['unmapped', 'debian', null, ['unmapped']],
])('%s on %s %s', (name, distro, release, packages) => {
  const map = readPackageMap(text, hostPath('/e/x/pkg-map'));
  expect(map.ok && mapPackage(map.value, name, { distro, release })).toEqual(packages);
});

test('a pkg-map that is no map is refused with its place', () => {
  expect(readPackageMap('[1]', hostPath('/e/x/pkg-map'))).toEqual({
    ok: false,
    problems: [
      {
        message: 'pkg-map must be a map of package names',
        location: { path: '/e/x/pkg-map', line: 1, column: 1, text: '[1]' },
      },
    ],
  });
});
