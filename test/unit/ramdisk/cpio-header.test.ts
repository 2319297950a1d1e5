// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { cpioHeader, paddingAfter, trailer } from '../../../lib/ramdisk/cpio-header.ts';

test('a member has its numbers in hex, its name, and padding to four bytes', () => {
  const header = cpioHeader({
    name: 'etc/x',
    mode: 0o100644,
    size: 10,
    inode: 3,
    links: 2,
    modifiedAt: 86_400,
    device: [0, 0],
  });
  expect(header.toString('latin1')).toBe(
    `070701${['00000003', '000081A4', '00000000', '00000000', '00000002', '00015180', '0000000A'].join('')}` +
      `${['00000000', '00000000', '00000000', '00000000', '00000006', '00000000'].join('')}etc/x\0`,
  );
  expect(header.length % 4).toBe(0);
});

test('a device has its numbers, and a name of many bytes its length', () => {
  const header = cpioHeader({ ...trailer, name: 'dev/ü', mode: 0o020600, device: [5, 1] });
  expect(header.toString('latin1', 78, 110)).toBe('00000005000000010000000700000000');
  expect(header.toString('utf8', 110)).toBe('dev/ü\0\0\0\0');
  expect(header.length % 4).toBe(0);
});

test.each([
  [0, 0],
  [1, 3],
  [4, 0],
  [6, 2],
])('%i bytes are followed by %i', (length, padding) => {
  expect(paddingAfter(length)).toHaveLength(padding);
});
