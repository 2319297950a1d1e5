// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { expectDone } from '../support/build-events.ts';
import { useBuildPlace } from '../support/build-place.ts';
import type { BuildOutcome } from '../support/build-place.ts';
import { succeed } from '../support/ordinary-user.ts';

const bash = (text: string): string => `#!/bin/bash\nset -eu -o pipefail\n${text}\n`;

const data = (megabytes: number): Readonly<Record<string, string>> => ({
  'element-deps': 'tiny-os\n',
  'install.d/50-data': bash(`head -c ${megabytes}M /dev/urandom >/data`),
});

describe('a cache that cannot be', () => {
  const place = useBuildPlace('an ordinary user');

  test.each([
    [
      '/dev/null',
      'the store /dev/null/store/user/layers cannot be made: a part of its path is not a directory',
    ],
    ['/root/cache', 'the store /root/cache/store/user/layers cannot be made: permission is denied'],
  ])('at %s is said', async (DIB_IMAGE_CACHE, words) => {
    const outcome = await place().create(['-t', 'tar', '-o', 'x', 'tiny-os'], {
      environment: { DIB_IMAGE_CACHE },
    });
    expect({ status: outcome.status, said: outcome.said }).toEqual({
      status: 2,
      said: [words, '  name another place with --image-cache or DIB_IMAGE_CACHE'],
    });
  });
});

describe('a disk that is full', () => {
  const place = useBuildPlace('root');
  const small = (): string => join(place().directory, 'small');

  /** The line that says it; the rest is advice. */
  function saidBy({ status, said }: BuildOutcome): string {
    expect(status).toBe(1);
    const [line = ''] = said;
    return line.replaceAll(small(), '{small}').replace(/dib_image\.\w{8}/, 'dib_image.UNIQUE');
  }

  const useSmallDisk = (megabytes: number): void => {
    mkdirSync(small());
    succeed('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'small', small()]);
  };

  const given = (variable: string): { environment: Readonly<Record<string, string>> } => ({
    environment: { [variable]: small() },
  });

  afterEach(() => succeed('umount', [small()]));

  test('when a hook writes to the cache: one line, nothing left, and room is enough to go on', async () => {
    useSmallDisk(40);
    place().element('data', data(60));
    const failed = await place().create(['-t', 'tar', '-o', 'x', 'data'], given('DIB_IMAGE_CACHE'));
    expect(saidBy(failed)).toBe('No space is left on {small} while making the layer of install.d/50-data.');
    expect(readdirSync(join(small(), 'store/root/work'))).toEqual([]);
    expect(readdirSync(place().out)).toEqual([]);
    succeed('mount', ['-o', 'remount,size=120m', small()]);
    expectDone(await place().create(['-t', 'tar', '-o', 'x', 'data'], given('DIB_IMAGE_CACHE')));
  });

  test('before the first hook', async () => {
    useSmallDisk(1);
    succeed('sh', ['-c', 'head -c 2M /dev/zero >"$0/filler" 2>/dev/null || true', small()]);
    place().element('data', data(1));
    const failed = await place().create(['-t', 'tar', '-o', 'x', 'data'], given('DIB_IMAGE_CACHE'));
    expect(saidBy(failed)).toBe('No space is left on {small} while writing to it.');
  });

  test('where temporary files go, while the disk is made', async () => {
    useSmallDisk(30);
    place().element('data', data(60));
    const failed = await place().create(['-t', 'raw', '-o', 'x', 'data'], given('TMPDIR'));
    expect(saidBy(failed)).toBe(
      'No space is left on {small}/dib_image.UNIQUE/image0.raw while making the file system mkfs_root.',
    );
    expect(readdirSync(small())).toEqual([]);
    expect(readdirSync(place().out)).toEqual([]);
  });

  test('where the output goes', async () => {
    useSmallDisk(30);
    place().element('data', data(60));
    const file = join(small(), 'x');
    const failed = await place().create(['-t', 'qcow2', '-o', file, 'data']);
    expect(saidBy(failed)).toBe('No space is left on {small}/x.qcow2 while making {small}/x.qcow2.');
    expect(readdirSync(small())).toEqual([]);
  });
});
