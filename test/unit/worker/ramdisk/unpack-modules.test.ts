// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import type { Host } from '../../../../lib/host/host.ts';
import { hostPath } from '../../../../lib/model/brands.ts';
import type { ToolContext } from '../../../../lib/worker/ramdisk/unpack-modules.ts';
import {
  batchesOf,
  compressions,
  unknownToKmod,
  unpackModules,
} from '../../../../lib/worker/ramdisk/unpack-modules.ts';

type Recording = { readonly context: ToolContext; readonly ran: readonly (readonly string[])[] };

/** Programs that succeed and print a text. */
function recording(stdout = ''): Recording {
  const ran: (readonly string[])[] = [];
  const unused = (): never => {
    throw new Error('not asked for');
  };
  const run: Host['run'] = ({ argv }) => {
    ran.push(argv);
    return Promise.resolve({ exitStatus: 0, signal: null, stdout, lastLines: [] });
  };
  const host: Host = { run, hash: unused, runOnTerminal: unused };
  return { context: { host, stop: new AbortController().signal }, ran };
}

test.each([
  ['kmod version 30\n+ZSTD +XZ -ZLIB +LIBCRYPTO -EXPERIMENTAL\n', ['.ko.gz']],
  ['kmod version 25\n+XZ +ZLIB -ZSTD\n', ['.ko.zst']],
  ['kmod version 33\n+ZSTD +XZ +ZLIB +OPENSSL\n', []],
])('what %s cannot read', async (version, endings) => {
  const { context, ran } = recording(version);
  expect((await unknownToKmod(context)).map(({ ending }) => ending)).toEqual(endings);
  expect(ran).toEqual([['modinfo', '--version']]);
});

test('each file by its own program, others not at all', async () => {
  const { context, ran } = recording();
  const files = ['/m/a.ko', '/m/b.ko.zst', '/m/c.ko.gz', '/m/d.ko.xz', '/m/e.ko.zst', '/m/modules.dep'];
  await unpackModules(context, files.map(hostPath), compressions);
  expect(ran).toEqual([
    ['gzip', '-d', '-f', '--', '/m/c.ko.gz'],
    ['xz', '-d', '-f', '-q', '--', '/m/d.ko.xz'],
    ['zstd', '-d', '-f', '-q', '--rm', '--', '/m/b.ko.zst', '/m/e.ko.zst'],
  ]);
});

test('no call has more words than the kernel takes, and no file is left out', () => {
  const files = Array.from({ length: 4000 }, (_, index) => `/tree/lib/modules/6.1/kernel/ü/${index}.ko`);
  const batches = batchesOf(files);
  expect(batches.flat()).toEqual(files);
  const sizes = batches.map((batch) => Buffer.byteLength(batch.join(' ')));
  expect(sizes.length).toBe(2);
  expect(Math.max(...sizes)).toBeLessThan(100_000);
  expect(batchesOf([])).toEqual([]);
});
