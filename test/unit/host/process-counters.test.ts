// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { afterName, childrenTime, parseTransfer, wholeTime } from '../../../lib/host/process-counters.ts';

const stat =
  '42 (a ) (b) Z 1 42 42 0 -1 4194560 1234 5678 0 0 11 12 130 14 20 0 1 0 12345 1000 50 18446744073709551615';

test('fields are counted after the name, whatever is in it', () => {
  expect(afterName(stat).slice(0, 2)).toEqual(['Z', '1']);
});

test('time of children, and of all', () => {
  expect(childrenTime(stat)).toEqual({ userMilliseconds: 1300, systemMilliseconds: 140 });
  expect(wholeTime(stat)).toEqual({ userMilliseconds: 1410, systemMilliseconds: 260 });
});

test('bytes, less those that were thrown away before they were written', () => {
  const text =
    'rchar: 6976\nwchar: 20\nsyscr: 10\nsyscw: 1\nread_bytes: 4096\nwrite_bytes: 8192\ncancelled_write_bytes: 4096\n';
  expect(parseTransfer(text)).toEqual({ read: 6976, written: 20, storageRead: 4096, storageWritten: 4096 });
});
