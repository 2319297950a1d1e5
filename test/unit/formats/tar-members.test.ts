// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import type { TarMember } from '../../../lib/formats/tar-members.ts';
import { tarMembers } from '../../../lib/formats/tar-members.ts';
import { tarArchive } from '../../support/tar-archive.ts';

async function membersOf(archive: Buffer): Promise<readonly TarMember[]> {
  const members: TarMember[] = [];
  const read = (offset: number, length: number): Promise<Buffer> =>
    Promise.resolve(archive.subarray(offset, offset + length));
  for await (const member of tarMembers(read)) members.push(member);
  return members;
}

test('names, types and links, whatever lies between', async () => {
  const archive = tarArchive([
    { name: 'etc/' },
    { name: 'etc/file', content: 'x'.repeat(700) },
    { name: 'link', type: '2', linkName: '/etc' },
    { name: 'same', type: '1', linkName: 'etc/file' },
    { name: 'old', type: '\0' },
  ]);
  expect(await membersOf(archive)).toEqual([
    { name: 'etc/', type: '5', linkName: '' },
    { name: 'etc/file', type: '0', linkName: '' },
    { name: 'link', type: '2', linkName: '/etc' },
    { name: 'same', type: '1', linkName: 'etc/file' },
    { name: 'old', type: '0', linkName: '' },
  ]);
});

test('names that a header before the member gives', async () => {
  const long = `${'ä'.repeat(90)}/file`;
  const archive = tarArchive([
    { name: 'short', pax: { path: long, mtime: '1.5', 'SCHILY.xattr.user.x': 'a=b' } },
    { name: 'link', type: '2', linkName: 'short', pax: { linkpath: long } },
    { name: '././@LongLink', type: 'L', content: `${long}\0` },
    { name: 'cut', content: 'content' },
    { name: '././@LongLink', type: 'K', content: `${long}\0` },
    { name: 'cut-link', type: '1', linkName: 'cut' },
    { name: 'GlobalHead', type: 'g', content: '20 comment=whatever\n' },
    { name: 'last' },
  ]);
  expect(await membersOf(archive)).toEqual([
    { name: long, type: '0', linkName: '' },
    { name: 'link', type: '2', linkName: long },
    { name: long, type: '0', linkName: '' },
    { name: 'cut-link', type: '1', linkName: long },
    { name: 'last', type: '0', linkName: '' },
  ]);
});

test('a damaged header is no member', async () => {
  const archive = tarArchive([{ name: 'first', content: 'x' }, { name: 'second' }]);
  archive.write('S', 1024);
  await expect(membersOf(archive)).rejects.toThrow('the archive is damaged at byte 1024');
});

test('an archive that ends early, or is empty, has the members up to there', async () => {
  const archive = tarArchive([{ name: 'first' }]);
  expect(await membersOf(archive.subarray(0, 512))).toEqual([{ name: 'first', type: '0', linkName: '' }]);
  expect(await membersOf(Buffer.alloc(0))).toEqual([]);
});
