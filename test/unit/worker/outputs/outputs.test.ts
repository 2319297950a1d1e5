// SPDX-License-Identifier: Apache-2.0
import { inflateRawSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { checksumLine } from '../../../../lib/worker/outputs/checksums.ts';
import { ownerBehindSudo } from '../../../../lib/worker/outputs/own-output.ts';
import { datedName, extensionOf } from '../../../../lib/worker/outputs/put-old-away.ts';
import { identityFrom } from '../../../../lib/worker/outputs/settle/identity.ts';
import { clusterCompressor } from '../../../../lib/worker/outputs/write-qcow2/compress-cluster.ts';
import { extentsFrom } from '../../../../lib/worker/outputs/write-qcow2/data-extents.ts';
import { qcow2Header } from '../../../../lib/worker/outputs/write-qcow2/qcow2-header.ts';

describe('an old image', () => {
  const when = new Date(2024, 0, 2, 3, 4, 5);

  test.each([
    ['/out/name.qcow2', '/out/name-2024.01.02-03.04.05.qcow2'],
    ['/out/name.tar.zst', '/out/name-2024.01.02-03.04.05.tar.zst'],
    ['/out.d/name', '/out.d/name-2024.01.02-03.04.05'],
  ])('%s is renamed to %s', (file, wanted) => {
    expect(datedName(file, extensionOf(file), when)).toBe(wanted);
  });
});

test('outputs belong to the user behind sudo', () => {
  expect(ownerBehindSudo({ SUDO_UID: '1000', SUDO_GID: '1001' })).toEqual({ uid: 1000, gid: 1001 });
  expect([
    ownerBehindSudo({}),
    ownerBehindSudo({ SUDO_UID: '1000' }),
    ownerBehindSudo({ SUDO_UID: 'me', SUDO_GID: '1' }),
  ]).toEqual([null, null, null]);
});

test('checksum files have the form md5sum reads', () => {
  expect(checksumLine('d41d8', 'dir/name.raw')).toBe('d41d8  dir/name.raw\n');
});

test('only what qemu-img calls data is read', () => {
  const map = [
    { start: 0, length: 4096, depth: 0, present: true, zero: false, data: true, offset: 0 },
    { start: 4096, length: 8192, depth: 0, present: true, zero: true, data: false, offset: 4096 },
    { start: 12_288, length: 100, depth: 0, present: true, zero: false, data: true, offset: 12_288 },
  ];
  expect(extentsFrom(JSON.stringify(map))).toEqual([
    { start: 0, length: 4096 },
    { start: 12_288, length: 100 },
  ]);
});

describe('a qcow2 header', () => {
  const fields = {
    clusterBytes: 65_536,
    size: 1_000_000,
    firstLevelEntries: 1,
    firstLevelOffset: 65_536,
    referenceTableOffset: 327_680,
    referenceTableClusters: 1,
  };
  /** Magic, version, no backing file, 16 bits to a cluster, size in whole sectors, no encryption, tables, no snapshots. */
  const common = (version: string): string =>
    [
      `514649fb${version}000000000000000000000000`,
      '0000001000000000000f4400',
      '00000000000000010000000000010000',
      '00000000000500000000000100000000',
      '0000000000000000',
    ].join('');

  test('of version 2 has 72 bytes and an empty list of extensions', () => {
    expect(qcow2Header({ ...fields, version: 2 }).toString('hex')).toBe(
      `${common('00000002')}${'00'.repeat(8)}`,
    );
  });

  test('of version 3 has no feature bits, counts of 16 bits, and its own length', () => {
    expect(qcow2Header({ ...fields, version: 3 }).toString('hex')).toBe(
      `${common('00000003')}${'00'.repeat(24)}0000000400000068${'00'.repeat(8)}`,
    );
  });
});

describe('the compressor of clusters', () => {
  const noise = Buffer.from(
    Array.from({ length: 512 }, (_, index) => (index * index * 7919 + index * 31) & 0xff),
  );
  const texts = Array.from({ length: 40 }, (_, index) => Buffer.alloc(65_536, `text ${index * 7919} `));

  test('keeps a cluster that does not shrink', async () => {
    const { compress, close } = clusterCompressor();
    expect(await compress(Buffer.alloc(4096, 'text '))).not.toBeNull();
    expect(await compress(noise.subarray(0, 64))).toBeNull();
    close();
  });

  test('makes each a stream of its own, the same from whichever engine', async () => {
    const { compress, close } = clusterCompressor();
    const atOnce = await Promise.all(texts.map(compress));
    const oneByOne = [];
    for (const text of texts) oneByOne.push(await compress(text));
    close();
    const unpacked = atOnce.map((bytes) => bytes && inflateRawSync(bytes, { windowBits: 12 }));
    expect(texts.every((text, place) => unpacked[place]?.equals(text))).toBe(true);
    expect(oneByOne.every((bytes, place) => bytes?.equals(atOnce[place] ?? noise))).toBe(true);
  });
});

describe('an identity', () => {
  test('is the same for the same digest and part, and a UUID', () => {
    const uuid = identityFrom('abc')('image', 16);
    expect(identityFrom('abc')('image', 16)).toEqual(uuid);
    expect(identityFrom('abd')('image', 16)).not.toEqual(uuid);
    expect(identityFrom('abc')('snapshot', 16)).not.toEqual(uuid);
    expect(uuid.toString('hex')).toMatch(/^.{12}4.4.[89ab].{15}$/);
    expect(identityFrom('abc')('content', 4)).toHaveLength(4);
  });
});
