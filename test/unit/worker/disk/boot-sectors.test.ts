// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { bootSectors } from '../../../../lib/worker/disk/boot-sectors.ts';

/** Every byte different from its neighbours and from what is to be written. */
const pattern = (length: number, start: number): Buffer =>
  Buffer.from(Array.from({ length }, (_, index) => (start + index) % 127));

const boot = pattern(512, 1);
const core = pattern(1300, 40);
const oldSector = pattern(512, 90).map((byte) => byte + 128);

describe('boot sectors', () => {
  const { first, rest } = bootSectors({ boot, core, firstSector: 0x1_2345_6789, oldSector });

  test('in the first sector point at core.img, keep the table, and change nothing else', () => {
    const wanted = Buffer.from(boot);
    wanted.set([0x89, 0x67, 0x45, 0x23, 0x01, 0, 0, 0], 0x5c);
    wanted.set([0x90, 0x90], 0x66);
    wanted.set(oldSector.subarray(440), 440);
    expect(first.toString('hex')).toBe(wanted.toString('hex'));
  });

  test('of core.img name its second sector, keep length and segment, and end with zeros', () => {
    const wanted = Buffer.alloc(3 * 512);
    wanted.set(core);
    wanted.set([0x8a, 0x67, 0x45, 0x23, 0x01, 0, 0, 0], 0x1f4);
    expect(rest.toString('hex')).toBe(wanted.toString('hex'));
    expect(rest.subarray(0x1fc, 0x200)).toEqual(core.subarray(0x1fc, 0x200));
  });

  test('leave what they are made of alone', () => {
    expect([boot, core]).toEqual([pattern(512, 1), pattern(1300, 40)]);
  });

  test('are not made of a boot.img of another length', () => {
    expect(() => bootSectors({ boot: Buffer.alloc(500), core, firstSector: 1, oldSector })).toThrow(
      'boot.img has 500 bytes, not 512',
    );
  });
});
