// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { hostPath } from '../../../../lib/model/brands.ts';
import { abandoned } from '../../../../lib/worker/devices/prepare-loop-devices.ts';

test('only devices of builds that are gone are given back', () => {
  const files = {
    '/dev/loop0': '/cache/store/root/work/a-1/image/image0.raw (deleted)',
    '/dev/loop1': '/cache/store/root/work/b-2/image/image0.raw',
    '/dev/loop2': '/tmp/dib_image.0a1b/data.raw (deleted)',
    '/dev/loop3': '/tmp/dib_image.0a1b/data.raw',
    '/dev/loop4': '/other/store/root/work/a-1/image/image0.raw (deleted)',
    '/dev/loop5': '/home/me/disk.img (deleted)',
    '/dev/loop6': '',
  };
  expect(abandoned(files, { work: hostPath('/cache/store/root/work') })).toEqual([
    '/dev/loop0',
    '/dev/loop2',
  ]);
});
