// SPDX-License-Identifier: Apache-2.0
import type { Host } from '../../../host/host.ts';
import type { HostPath } from '../../../model/brands.ts';

/** A stretch of a file that may hold other bytes than zeros. */
export type Extent = { readonly start: number; readonly length: number };

const everything: readonly Extent[] = [{ start: 0, length: Number.MAX_SAFE_INTEGER }];

/** Where a sparse file has data, so that holes need not be read. Without qemu-img the whole file is read. */
export async function dataExtents(host: Host, file: HostPath): Promise<readonly Extent[]> {
  const argv = ['qemu-img', 'map', '--format=raw', '--output=json', file] as const;
  const result = await host.run({ argv });
  return result.exitStatus === 0 ? extentsFrom(result.stdout) : everything;
}

export function extentsFrom(map: string): readonly Extent[] {
  const rows = JSON.parse(map) as readonly { start: number; length: number; zero: boolean; data: boolean }[];
  return rows.filter(({ zero, data }) => data && !zero).map(({ start, length }) => ({ start, length }));
}
