// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { bytes, MiB } from '../../../../lib/model/brands.ts';
import { crc32, gptTable } from '../../../../lib/worker/disk/gpt-table.ts';

test('the check value of CRC-32', () => {
  expect(crc32(Buffer.from('123456789')).toString(16)).toBe('cbf43926');
});

describe('a GPT for sectors of 4096 bytes', () => {
  const stretches = gptTable({
    name: 'image0',
    sectorSize: 4096,
    size: bytes(16 * MiB),
    fileSystems: [],
    table: {
      label: 'gpt',
      id: '00112233-4455-4677-8899-AABBCCDDEEFF',
      partitions: [
        {
          name: 'é',
          number: 1,
          type: 'C12A7328-F81F-11D2-BA4B-00A0C93EC93B',
          bootable: false,
          kind: 'primary',
          uuid: '10112233-4455-4677-8899-AABBCCDDEEFF',
          start: bytes(MiB),
          size: bytes(14 * MiB),
        },
      ],
    },
  });
  const at = (sector: number): Buffer =>
    stretches.find(({ offset }) => offset === sector * 4096)?.data ?? Buffer.alloc(0);

  test('stands at both ends of the disk', () => {
    expect(stretches.map(({ offset, data }) => [offset / 4096, data.length])).toEqual([
      [0, 512],
      [1, 92],
      [2, 16_384],
      [4091, 16_384],
      [4095, 92],
    ]);
    expect(at(4091).equals(at(2))).toBe(true);
  });

  test('is guarded by an MBR with one partition over everything', () => {
    expect(at(0).subarray(446, 462).toString('hex')).toBe('00000200eeffffff01000000ff0f0000');
    expect(at(0).subarray(510).toString('hex')).toBe('55aa');
  });

  test('has headers that point at each other and at what may be used', () => {
    const fields = (header: Buffer): readonly number[] =>
      [24, 32, 40, 48, 72].map((offset) => Number(header.readBigUInt64LE(offset)));
    expect(fields(at(1))).toEqual([1, 4095, 6, 4090, 2]);
    expect(fields(at(4095))).toEqual([4095, 1, 6, 4090, 4091]);
    expect(at(1).subarray(56, 72).toString('hex')).toBe('33221100554477468899aabbccddeeff');
    for (const header of [at(1), at(4095)]) {
      const blank = Buffer.from(header);
      blank.fill(0, 16, 20);
      expect(header.readUInt32LE(16)).toBe(crc32(blank));
      expect(header.readUInt32LE(88)).toBe(crc32(at(2)));
    }
  });

  test('has the partition with type, identifier, ends and name', () => {
    const entry = at(2).subarray(0, 128);
    expect(entry.subarray(0, 32).toString('hex')).toBe(
      '28732ac11ff8d211ba4b00a0c93ec93b33221110554477468899aabbccddeeff',
    );
    expect([entry.readBigUInt64LE(32), entry.readBigUInt64LE(40)]).toEqual([256n, 3839n]);
    expect(entry.subarray(56).toString('utf16le').replaceAll('\0', '')).toBe('é');
    expect(
      at(2)
        .subarray(128)
        .every((byte) => byte === 0),
    ).toBe(true);
  });
});
