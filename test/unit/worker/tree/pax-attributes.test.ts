// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { paxMembers } from '../../../../lib/worker/tree/pax-attributes.ts';
import { tarArchive } from '../../../support/tar-archive.ts';

test('each member has its own attributes, and the path that is its own', () => {
  const archive = tarArchive([
    { name: './' },
    { name: './a/', pax: { 'SCHILY.xattr.trusted.overlay.opaque': 'y', mtime: '1.5' } },
    { name: './a/file', content: 'x'.repeat(700) },
    {
      name: './short',
      pax: {
        path: './long/name',
        'SCHILY.acl.access': 'user::rwx',
        'SCHILY.fflags': 'x',
        'SCHILY.xattr.user.a': 'two\nlines=1',
      },
    },
  ]);
  expect(paxMembers(archive)).toEqual([
    { path: '.', attributes: new Map() },
    { path: './a', attributes: new Map([['trusted.overlay.opaque', 'y']]) },
    { path: './a/file', attributes: new Map() },
    {
      path: './long/name',
      attributes: new Map([
        ['acl.access', 'user::rwx'],
        ['user.a', 'two\nlines=1'],
      ]),
    },
  ]);
});
