// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { HostPath } from '../../lib/model/brands.ts';
import { bytes, hostPath } from '../../lib/model/brands.ts';
import { wholeImage } from '../../lib/worker/disk/raw-image.ts';
import type { KnownImage } from '../../lib/worker/outputs/write-qcow2/known-clusters.ts';
import type { Qcow2Made, Qcow2Options } from '../../lib/worker/outputs/write-qcow2/write-qcow2.ts';
import { writeQcow2 } from '../../lib/worker/outputs/write-qcow2/write-qcow2.ts';
import { requires } from '../support/requires.ts';

requires({ programs: ['qemu-img'] });

const CLUSTER = 65_536;
const usual: Qcow2Options = { version: 3, clusterBytes: bytes(CLUSTER), compress: true };

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'dib-qcow2-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const at = (name: string): HostPath => hostPath(join(directory, name));
const image = (name: string): KnownImage => ({ image: at(`${name}.qcow2`), index: at(`${name}.index`) });
const content = (name: string): Buffer => readFileSync(at(`${name}.qcow2`));

/** Clusters of text, each another; every fourth is noise, which does not shrink. */
function clusters(first: number, count: number): Buffer {
  return Buffer.concat(
    Array.from({ length: count }, (_, place) => {
      const number = first + place;
      return number % 4 === 3 ? noise(number) : Buffer.alloc(CLUSTER, `cluster ${number * 7919} `);
    }),
  );
}

function noise(seed: number): Buffer {
  const parts = Array.from({ length: CLUSTER / 32 }, (_, part) =>
    createHash('sha256').update(`${seed} ${part}`).digest(),
  );
  return Buffer.concat(parts);
}

type Choices = { readonly known?: readonly string[]; readonly options?: Qcow2Options };

/** Writes `NAME.raw`, and of it `NAME.qcow2` with its index. */
function make(name: string, raw: Buffer, { known = [], options = usual }: Choices = {}): Promise<Qcow2Made> {
  writeFileSync(at(`${name}.raw`), raw);
  return writeQcow2({
    source: wholeImage(at(`${name}.raw`)),
    target: image(name).image,
    extents: [{ start: 0, length: raw.length }],
    options,
    known: known.map(image),
    index: image(name).index,
    signal: new AbortController().signal,
  });
}

/** Made of nothing but its raw image. */
async function madeAlone(raw: Buffer, options = usual): Promise<Buffer> {
  await make('alone', raw, { options });
  return content('alone');
}

function compare(name: string): string {
  const words = ['compare', '-f', 'raw', '-F', 'qcow2', at(`${name}.raw`), at(`${name}.qcow2`)];
  return spawnSync('qemu-img', words, { encoding: 'utf8' }).stdout;
}

describe('a raw image that borrows', () => {
  /** Of the raw image the stretches from each start on are left to a file of their own. */
  async function borrowing(raw: Buffer, stretches: readonly (readonly [start: number, length: number])[]) {
    const file = Buffer.from(raw);
    const borrowed = stretches.map(([start, length], place) => {
      const path = Buffer.from(at(`borrowed-${place}`));
      writeFileSync(
        path,
        Buffer.concat([Buffer.alloc(place * 100, '-'), raw.subarray(start, start + length)]),
      );
      file.fill(0, start, start + length);
      return { start, length, path, from: place * 100 };
    });
    writeFileSync(at('borrowing.raw'), file);
    await writeQcow2({
      source: { file: at('borrowing.raw'), borrowed },
      target: image('borrowing').image,
      extents: extentsOf(file),
      options: usual,
      known: [],
      index: image('borrowing').index,
      signal: new AbortController().signal,
    });
    return content('borrowing');
  }

  const extentsOf = (file: Buffer) =>
    Array.from({ length: file.length / 4096 }, (_, block) => ({ start: block * 4096, length: 4096 })).filter(
      ({ start, length }) => file.subarray(start, start + length).some((byte) => byte !== 0),
    );

  test.each<[string, readonly (readonly [number, number])[]]>([
    ['nothing', []],
    ['a whole cluster', [[CLUSTER, CLUSTER]]],
    ['all', [[0, 40 * CLUSTER]]],
    [
      'parts of clusters, side by side and apart',
      [
        [100, 50],
        [150, 7],
        [CLUSTER - 5, 10],
        [5 * CLUSTER + 1, 3 * CLUSTER],
      ],
    ],
    ['more than is read at once', [[3 * CLUSTER + 4096, 30 * CLUSTER]]],
    ['the end', [[39 * CLUSTER + 1, CLUSTER - 1]]],
  ])('becomes the same bytes: %s', async (_, stretches) => {
    const raw = Buffer.concat([clusters(0, 20), Buffer.alloc(9 * CLUSTER), clusters(50, 11)]);
    expect((await borrowing(raw, stretches)).equals(await madeAlone(raw))).toBe(true);
  });

  test('is refused when what it borrowed from has become shorter', async () => {
    const raw = clusters(0, 20);
    const borrowed = [{ start: 0, length: 2 * CLUSTER, path: Buffer.from(at('short')), from: 0 }];
    writeFileSync(at('short'), raw.subarray(0, CLUSTER));
    writeFileSync(at('raw'), raw);
    const writing = writeQcow2({
      source: { file: at('raw'), borrowed },
      ...{ target: image('none').image, extents: [], options: usual, known: [], index: null },
      signal: new AbortController().signal,
    });
    await expect(writing).rejects.toThrow('short became shorter while it was read');
  });
});

describe('an image made with earlier ones', () => {
  test.each([
    ['the same content', clusters(0, 70), 70],
    ['a cluster changed', Buffer.concat([clusters(0, 30), clusters(500, 1), clusters(31, 39)]), 69],
    ['all moved by whole clusters', Buffer.concat([clusters(900, 5), clusters(0, 70)]), 70],
    ['the order reversed', Buffer.concat([clusters(35, 35), clusters(0, 35)]), 70],
    ['all moved by half a cluster', Buffer.concat([Buffer.alloc(CLUSTER / 2, 1), clusters(0, 70)]), 0],
    ['zeros in between', Buffer.concat([clusters(0, 9), Buffer.alloc(40 * CLUSTER), clusters(9, 9)]), 18],
    ['a cluster several times', Buffer.concat([clusters(3, 4), clusters(3, 4), clusters(3, 4)]), 12],
  ])('is the same bytes, with %s', async (_, raw, reused) => {
    await make('first', clusters(0, 70));
    const made = await make('second', raw, { known: ['first'] });
    expect(made.reused).toBe(reused);
    const index = readFileSync(image('second').index);
    expect((await madeAlone(raw)).equals(content('second'))).toBe(true);
    expect(readFileSync(image('alone').index).equals(index)).toBe(true);
    expect(compare('second')).toBe('Images are identical.\n');
  });

  test('takes from each what it has, and can be taken from in turn', async () => {
    await make('first', clusters(0, 20));
    await make('second', clusters(100, 20));
    const raw = Buffer.concat([clusters(0, 20), clusters(100, 20), clusters(200, 3)]);
    expect(await make('third', raw, { known: ['first', 'second'] })).toEqual({ clusters: 43, reused: 40 });
    expect(await make('fourth', raw, { known: ['third'] })).toEqual({ clusters: 43, reused: 43 });
    expect((await madeAlone(raw)).equals(content('fourth'))).toBe(true);
  });

  test.each([512, 4096, 2_097_152])('may have clusters of %d bytes', async (size) => {
    const options = { ...usual, clusterBytes: bytes(size) };
    await make('first', clusters(0, 70), { options });
    const made = await make('second', clusters(0, 70), { known: ['first'], options });
    expect(made.reused).toBe(made.clusters);
    expect((await madeAlone(clusters(0, 70), options)).equals(content('second'))).toBe(true);
    expect(compare('second')).toBe('Images are identical.\n');
  });
});

describe('an earlier image is not used', () => {
  const flip = (path: string, offset: number): void => {
    const data = readFileSync(path);
    data[offset] = (data[offset] ?? 0) ^ 1;
    writeFileSync(path, data);
  };
  const { image: file, index } = { image: 'first.qcow2', index: 'first.index' };
  const size = (name: string): number => statSync(at(name)).size;

  test.each<[string, () => void]>([
    ['it is gone', () => rmSync(at(file))],
    ['it has no index', () => rmSync(at(index))],
    ['it was cut short', () => truncateSync(at(file), size(file) - 10 * CLUSTER)],
    ['it grew', () => truncateSync(at(file), size(file) + 1)],
    ['its index was cut short', () => truncateSync(at(index), size(index) - 1)],
    ['its index lost an entry', () => truncateSync(at(index), size(index) - 34)],
    ['its index is empty', () => truncateSync(at(index), 0)],
    ['an entry of its index is damaged', () => flip(at(index), size(index) - 40)],
    ['the head of its index is damaged', () => flip(at(index), 20)],
    ['the checksum of its index is damaged', () => flip(at(index), size(index) - 1)],
    ['its index has a head without end', () => writeFileSync(at(index), 'x'.repeat(5000))],
    [
      'it was made by another compressor',
      () => {
        const head = readFileSync(at(index));
        const changed = Buffer.from(head.toString('latin1').replace('level=4', 'level=5'), 'latin1');
        const body = changed.subarray(0, -32);
        writeFileSync(at(index), Buffer.concat([body, createHash('sha256').update(body).digest()]));
      },
    ],
  ])('when %s', async (_, damage) => {
    const raw = clusters(0, 40);
    await make('first', raw);
    damage();
    expect(await make('second', raw, { known: ['first'] })).toEqual({ clusters: 40, reused: 0 });
    expect((await madeAlone(raw)).equals(content('second'))).toBe(true);
  });

  test('when it has clusters of another size', async () => {
    const raw = clusters(0, 8);
    await make('first', raw, { options: { ...usual, clusterBytes: bytes(4096) } });
    expect((await make('second', raw, { known: ['first'] })).reused).toBe(0);
  });

  test('for those clusters whose bytes have changed, though its size and date have not', async () => {
    const raw = clusters(0, 40);
    await make('first', raw);
    const { mtime } = statSync(at(file));
    for (const offset of [4 * CLUSTER, 9 * CLUSTER + 7]) flip(at(file), offset);
    utimesSync(at(file), mtime, mtime);
    const made = await make('second', raw, { known: ['first'] });
    expect(made).toEqual({ clusters: 40, reused: 38 });
    expect((await madeAlone(raw)).equals(content('second'))).toBe(true);
  });
});

test('an image that is not compressed has no index', async () => {
  const options = { ...usual, compress: false };
  expect(await make('plain', clusters(0, 5), { options })).toEqual({ clusters: 5, reused: 0 });
  expect(existsSync(image('plain').index)).toBe(false);
  expect(compare('plain')).toBe('Images are identical.\n');
});

test('a build that is stopped writes no further', async () => {
  writeFileSync(at('raw'), clusters(0, 200));
  const stop = new AbortController();
  const writing = writeQcow2({
    source: wholeImage(at('raw')),
    target: at('stopped.qcow2'),
    extents: [{ start: 0, length: 200 * CLUSTER }],
    options: usual,
    known: [],
    index: at('stopped.index'),
    signal: stop.signal,
  });
  stop.abort();
  await expect(writing).rejects.toThrow('aborted');
  expect(existsSync(at('stopped.index'))).toBe(false);
});
