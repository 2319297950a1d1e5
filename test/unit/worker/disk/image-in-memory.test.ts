// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';

import { bytes, GiB, hostPath, KiB, targetPath } from '../../../../lib/model/brands.ts';
import type { OutputRecipe } from '../../../../lib/model/plan.ts';
import { roomInMemory } from '../../../../lib/worker/disk/image-in-memory.ts';

const contents = [
  {
    mountPoint: targetPath('/'),
    inodes: 10,
    directories: 2,
    fileBytes: bytes(GiB),
    directoryBytes: bytes(0),
  },
];

const memory = (available: number): string =>
  `MemTotal: 99999999 kB\nMemFree: 1 kB\nMemAvailable:   ${available / KiB} kB\n`;

type Case = { readonly recipe?: OutputRecipe; readonly tmpfs?: boolean; readonly temporary?: string };

function room(available: number, { recipe, tmpfs = true, temporary }: Case = {}): number | null {
  const store = { tmpfs, minTmpfs: bytes(2 * GiB) };
  const temporaryDirectory = temporary === undefined ? null : hostPath(temporary);
  const outputs = [{ recipe: recipe ?? { kind: 'command', argv: ['true'] } }];
  const plan = { execution: { store, temporaryDirectory }, outputs } as unknown as Parameters<
    typeof roomInMemory
  >[0];
  return roomInMemory(plan, contents, memory(available));
}

describe('the raw image is kept in memory', () => {
  test('when it fits and DIB_MIN_TMPFS is left', () => {
    expect(room(3.5 * GiB)).toBe(1.5 * GiB);
    expect(room(3.5 * GiB - KiB)).toBeNull();
  });

  test('unless the user forbids it or says where large files go', () => {
    expect(room(8 * GiB, { tmpfs: false })).toBeNull();
    expect(room(8 * GiB, { temporary: '/big' })).toBeNull();
  });

  test('unless it is an output itself', () => {
    expect(room(8 * GiB, { recipe: { kind: 'raw' } })).toBeNull();
  });
});
